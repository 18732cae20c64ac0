import type { Usage } from './conversation.js';
import type { JsonSchema } from './json-schema.js';
import type { ToolCall } from './parts.js';

/** A model of a model server, with details for a selection list. */
export interface ModelInfo {
  name: string;
  /** The server that answers it: `ollama`. */
  provider: string;
  modifiedAt: string;
  /** Null where its server does not say. */
  sizeBytes: number | null;
  family: string | null;
  /** Such as `8.0B`. */
  parameterSize: string | null;
  /** Such as `Q4_K_M`. */
  quantization: string | null;
  /** Longest context that the model was trained for, in tokens. */
  contextLength: number | null;
  /**
   * Its capabilities, with the provider's names (`completion`, `vision`, …); null if it does not
   * report them.
   */
  capabilities: string[] | null;
}

/**
 * Vocabulary of a model's tokenizer: some ten thousand tokens, made for English, or the hundred
 * thousand and more of current models, for all scripts.
 */
export type Vocabulary = 'small' | 'large';

/** Facts about a model that a generation needs before it calls the model. */
export interface ModelProfile {
  /** Context size to request, in tokens: the prompt is trimmed to it. */
  contextTokens: number;
  /** Stop words of the model's own definition. */
  stop: readonly string[];
  /**
   * Where nothing is known: `large`, which nearly all current models have. `small` counts more tokens for
   * a text, so that less of a conversation is sent.
   */
  vocabulary: Vocabulary;
  /** As in `ModelInfo`. */
  capabilities: readonly string[] | null;
  /** Capabilities of which the server says nothing, although it reports others. */
  unsaid?: readonly string[];
  /**
   * Its answers are written beforehand: nothing is learnt of its counts, and a refusal as too long is
   * final.
   */
  isScripted?: true;
}

/** Whether a model is known to lack a capability: one whose server does not say it is asked. */
export function lacks(
  { capabilities, unsaid = [] }: Pick<ModelProfile, 'capabilities' | 'unsaid'>,
  capability: string,
): boolean {
  return capabilities?.includes(capability) === false && !unsaid.includes(capability);
}

/** How much a model should think. */
export const THINK_LEVELS = ['low', 'medium', 'high'] as const;
/** Whether a model should think before it answers, and how much. */
export type Think = boolean | (typeof THINK_LEVELS)[number];

/** The settings of one generation for its model. */
export interface ModelSettings {
  model: string;
  temperature: number;
  maxTokens: number;
  topP: number;
  /** Stop words of the request. */
  stop: readonly string[];
  // Null: the model's own.
  seed: number | null;
  topK: number | null;
  minP: number | null;
  repeatPenalty: number | null;
  presencePenalty: number | null;
  frequencyPenalty: number | null;
  think: Think | null;
}

/** A tool that the model may call; nothing here calls it. */
export interface Tool {
  readonly name: string;
  readonly description: string | null;
  /** JSON Schema of its arguments, as the client gave it. */
  readonly parameters: Readonly<Record<string, unknown>> | null;
}

/** `none`: the model is not shown the tools. */
export const TOOL_CHOICES = ['auto', 'none'] as const;
export type ToolChoice = (typeof TOOL_CHOICES)[number];

/** The format that an answer is to have: any JSON, or JSON as a schema describes it. */
export type OutputFormat = 'json' | JsonSchema;

/** What a turn asks, as its client sent it: a prompt joins messages and leaves some out. */
export interface AskedTurn {
  /** The newest user message; null where there is none. */
  readonly message: string | null;
  /** User messages of the conversation, the newest included. */
  readonly turn: number;
  /** Contents of the tool results that the request brings, in order. */
  readonly toolResults: readonly string[];
  /** How many tool calls the conversation has. */
  readonly toolCalls: number;
}

/** What one request asks of the model beside its settings and its messages. */
export interface ModelAsk {
  readonly tools: readonly Tool[];
  /** Null: text. */
  readonly format: OutputFormat | null;
  /** Left out where the messages alone are what is asked. */
  readonly turn?: AskedTurn;
}

export const NOTHING_MORE: ModelAsk = { tools: [], format: null };

/** How the model ended the answer; `usage` is null if it reported no counts. */
export interface ModelEnd {
  finishReason: 'stop' | 'length';
  usage: Usage | null;
}

/** A tool call as a model server gives it, with one of `arguments` and `argumentsText`. */
export interface GivenToolCall extends Omit<ToolCall, 'id'> {
  /** Null where the server gives none; it may be one that the conversation has already. */
  readonly id: string | null;
}

/** Receives an answer, without a promise per token, and without an object for text. */
export interface TokenSink {
  /** One piece of text from the model, never empty. */
  token(text: string): void;
  /** One piece of the model's thinking, never empty. */
  thinking(text: string): void;
  toolCall(call: GivenToolCall): void;
  /** All tokens that arrived together have been pushed: readers may be woken. */
  flush(): void;
  /**
   * Cuts the connections of those who read the answer here, without an end. Resolves once it is decided
   * whether the answer goes on without them. Left out where nobody reads.
   */
  cutReaders?(): Promise<void>;
}
