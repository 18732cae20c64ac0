import type { CallRule } from '../../../chat/call-rule.js';
import type { OutputFormat, Tool } from '../../../domain/model.js';
import { PARAMETER_RANGES, type GivenParameters } from '../../../domain/model-parameters.js';
import {
  booleanIn,
  isFields,
  isGiven,
  numberIn,
  refused,
  textIn,
  type Fields,
} from '../../given-fields.js';
import { thinkOf } from '../../openai-efforts.js';
import { parseConversationId, parseResponseId, responseId } from '../items/item-ids.js';
import { readMetadata } from '../metadata.js';
import type { RepeatedFields, ResponseEcho } from '../response-echo.js';
import { readResponseTools } from './response-tools.js';
import { readText } from './response-text.js';

/** Where a client lets its response go on; null is what cannot be an id. */
export type Place =
  | { kind: 'new' }
  | { kind: 'conversation'; conversationId: string | null }
  | { kind: 'response'; generationId: string | null };

/** What of a request decides about the answer, without its input. */
export interface ResponseRequest {
  model: string | null;
  place: Place;
  instructions: string | null;
  /** Sampling and thinking. */
  given: GivenParameters;
  maxTokens: number | null;
  format: OutputFormat | null;
  tools: readonly Tool[];
  calls: CallRule | null;
  truncation: 'auto' | 'error';
  store: boolean;
  stream: boolean;
  background: boolean;
  /** What is stored of it. */
  echo: Omit<ResponseEcho, 'given' | 'told'>;
}

const TOKENS = { minimum: 1, maximum: Number.MAX_SAFE_INTEGER, isInteger: true };

/** What a body asks; unknown fields are ignored. Throws `validation` where silence would deceive. */
export function readResponseRequest(body: Fields): ResponseRequest {
  refuseUnsupported(body);
  const { repeated: text, format } = readText(body);
  const { tools, calls, repeated: toolFields, namespaces } = readResponseTools(body);
  if (format !== null && tools.length > 0)
    throw refused(
      'text.format',
      'cannot be given with tools that may be called: a model that follows a format calls none',
    );
  const model = textIn(body, 'model') ?? null;
  const repeated: RepeatedFields = { ...readRepeated(body), text, ...toolFields };
  const { instructions, store, background } = repeated;
  const place = readPlace(body);
  if (background && !store) throw refused('background', 'needs store: nothing else keeps it');
  if (place.kind !== 'new' && !store)
    throw refused('store', 'cannot be false where a conversation goes on');
  return {
    model,
    place,
    instructions,
    given: readParameters(repeated),
    maxTokens: repeated.max_output_tokens,
    format,
    tools,
    calls,
    truncation: repeated.truncation === 'auto' ? 'auto' : 'error',
    store,
    stream: booleanIn(body, 'stream') ?? false,
    background,
    echo: { model, namespaces, repeated },
  };
}

/** Fields that change the answer in a way that this service does not have. */
function refuseUnsupported(body: Fields): void {
  if (isGiven(body.prompt)) throw refused('prompt', 'is not supported: send its text as input');
  if (isGiven(body.top_logprobs) && body.top_logprobs !== 0)
    throw refused('top_logprobs', 'is not supported');
}

function readRepeated(
  body: Fields,
): Omit<RepeatedFields, 'text' | 'tools' | 'tool_choice' | 'parallel_tool_calls'> {
  const previous = textIn(body, 'previous_response_id') ?? null;
  const id = previous === null ? null : parseResponseId(previous);
  return {
    background: booleanIn(body, 'background') ?? false,
    instructions: textIn(body, 'instructions') ?? null,
    max_output_tokens: numberIn(body, 'max_output_tokens', TOKENS) ?? null,
    max_tool_calls: null,
    metadata: readMetadata(body.metadata) ?? {},
    previous_response_id: id === null ? previous : responseId(id),
    prompt_cache_key: textIn(body, 'prompt_cache_key') ?? null,
    reasoning: readReasoning(body),
    safety_identifier: textIn(body, 'safety_identifier') ?? null,
    service_tier: 'default',
    store: booleanIn(body, 'store') ?? true,
    temperature: numberIn(body, 'temperature', { minimum: 0, maximum: 2 }) ?? null,
    top_logprobs: 0,
    top_p: numberIn(body, 'top_p', PARAMETER_RANGES.top_p) ?? null,
    truncation: readTruncation(body),
    user: textIn(body, 'user') ?? null,
  };
}

function readReasoning({ reasoning }: Fields): RepeatedFields['reasoning'] {
  if (isGiven(reasoning) && !isFields(reasoning)) throw refused('reasoning', 'must be an object');
  const given = isFields(reasoning) ? reasoning : {};
  return {
    effort: textIn(given, 'effort', 'reasoning.effort') ?? null,
    summary: textIn(given, 'summary', 'reasoning.summary') ?? null,
  };
}

function readTruncation({ truncation }: Fields): 'auto' | 'disabled' {
  if (!isGiven(truncation)) return 'disabled';
  if (truncation === 'auto' || truncation === 'disabled') return truncation;
  throw refused('truncation', 'must be auto or disabled');
}

function readParameters({ temperature, top_p, reasoning }: RepeatedFields): GivenParameters {
  const think = thinkOf(reasoning.effort, 'reasoning.effort') ?? null;
  const given = { temperature, top_p, think };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
}

function readPlace(body: Fields): Place {
  const { conversation } = body;
  const previous = textIn(body, 'previous_response_id');
  if (isGiven(conversation) && previous !== undefined)
    throw refused('previous_response_id', 'cannot be given together with conversation');
  if (previous !== undefined) return { kind: 'response', generationId: parseResponseId(previous) };
  if (!isGiven(conversation)) return { kind: 'new' };
  const id = isFields(conversation) ? conversation.id : conversation;
  if (typeof id !== 'string') throw refused('conversation', 'must be an id, or an object with one');
  return { kind: 'conversation', conversationId: parseConversationId(id) };
}
