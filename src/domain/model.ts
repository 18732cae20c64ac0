import type { Usage } from './conversation.js';

/** A model that the provider has, as a chooser shows it. */
export interface ModelInfo {
  name: string;
  modifiedAt: string;
  sizeBytes: number;
  family: string | null;
  /** Such as `8.0B`. */
  parameterSize: string | null;
  /** Such as `Q4_K_M`. */
  quantization: string | null;
  /** Longest context the model was made for, in tokens. */
  contextLength: number | null;
  /** What it can do, in the provider's words: `completion`, `vision`, …; null: it does not say. */
  capabilities: string[] | null;
}

/**
 * Of a model's tokenizer: some ten thousand tokens, made for English, or the hundred thousand and more
 * of current models, which know all scripts.
 */
export type Vocabulary = 'small' | 'large';

/** What a generation has to know of its model before it asks it. */
export interface ModelProfile {
  /** Context window to ask for, in tokens: the prompt is trimmed to it. */
  contextTokens: number;
  /** What ends its answers by the model's own definition. */
  stop: readonly string[];
  /**
   * Where nothing is known: `large`, which nearly all current models have. `small` counts more tokens for
   * a text, so that less of a conversation is sent.
   */
  vocabulary: Vocabulary;
}

/** What one generation asks of its model. */
export interface ModelSettings {
  model: string;
  temperature: number;
  maxTokens: number;
  topP: number;
  /** What ends the answer, as the request says. */
  stop: readonly string[];
}

/** How the model said it ended; `usage` is null where it did not count. */
export interface ModelEnd {
  finishReason: 'stop' | 'length';
  usage: Usage | null;
}

/** Where a model's text goes, without a promise or an object a token. */
export interface TokenSink {
  /** One piece of text as the model gave it, never empty. */
  token(text: string): void;
  /** All tokens that arrived together have been given: readers may be woken. */
  flush(): void;
}
