import { LONG_LINE, parseLine } from '../../../transport/json-line.js';
import { isRecord, parseRecord } from '../../../transport/json.js';
import { quoted, ServerFailure, unusable } from '../../../transport/server-failure.js';
import { errorWords } from '../../../transport/status-failure.js';
import type { CallPiece } from '../../../transport/tool-call-pieces.js';
import { isAboutContext } from '../openai-server.js';

/** One chunk of an answer to `POST /chat/completions`, as far as it is used. */
export interface CompletionChunk {
  content: string;
  thinking: string;
  /** The field in which the thinking is. */
  thinkingField: string;
  calls: readonly CallPiece[];
  finishReason: unknown;
  usage: Record<string, unknown> | null;
}

/** Names of the field for thinking: llama.cpp's and older vLLM's, vLLM's. A server may send both. */
const THINKING_FIELDS = ['reasoning_content', 'reasoning'] as const;

/** @throws ServerFailure `interrupted` for an error of the server, `unusable` for an invalid line. */
export function parseChunk(json: string): CompletionChunk {
  const value = parseLine(json);
  if (hasError(value)) throw errorOf(value);
  const { choices, usage } = value;
  if (!Array.isArray(choices)) throw unusable('A line does not belong to a chat');
  const choice: unknown = choices[0];
  const chunk = isRecord(choice) ? chunkOf(choice) : NOTHING;
  if (json.length > LONG_LINE + mostLengthOf(chunk)) {
    throw unusable('A line has too much beside its text');
  }
  return isRecord(usage) ? { ...chunk, usage } : chunk;
}

const NOTHING: CompletionChunk = {
  content: '',
  thinking: '',
  thinkingField: THINKING_FIELDS[0],
  calls: [],
  finishReason: null,
  usage: null,
};

function chunkOf(choice: Record<string, unknown>): CompletionChunk {
  if (hasError(choice)) throw errorOf(choice);
  const delta = choice.delta ?? {};
  if (!isRecord(delta)) throw unusable('A line does not belong to a chat');
  const content = delta.content ?? '';
  if (typeof content !== 'string') throw unusable('A line has content that is no text');
  const thinkingField = THINKING_FIELDS.find((field) => isText(delta[field])) ?? THINKING_FIELDS[0];
  const thinking = delta[thinkingField];
  return {
    content,
    thinking: typeof thinking === 'string' ? thinking : '',
    thinkingField,
    calls: Array.isArray(delta.tool_calls) ? delta.tool_calls.filter(isRecord).map(pieceOf) : [],
    // Some servers send an empty one with each chunk.
    finishReason: choice.finish_reason === '' ? null : (choice.finish_reason ?? null),
    usage: null,
  };
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

function pieceOf({ index, id, function: called }: Record<string, unknown>): CallPiece {
  const { name, arguments: args } = isRecord(called) ? called : {};
  return {
    index: typeof index === 'number' ? index : undefined,
    id: typeof id === 'string' ? id : undefined,
    name: typeof name === 'string' ? name : undefined,
    // Some servers give them as what they are.
    args: isRecord(args) ? JSON.stringify(args) : typeof args === 'string' ? args : undefined,
  };
}

/** Length of a line's own text, in characters; each may be an escape of six. */
function mostLengthOf({ content, thinking, calls }: CompletionChunk): number {
  if (calls.length > 0) return Infinity;
  return 6 * (content.length + thinking.length);
}

/** In each of the forms in which servers send an error in an answer. */
function hasError(value: Record<string, unknown>): boolean {
  const { error = null, object } = value;
  return error !== null || object === 'error';
}

function errorOf(value: Record<string, unknown>): ServerFailure {
  return errorSent(errorWords(value));
}

/** What the server says in an error that is a field of its own; null where it says nothing. */
export function wordsOf(json: string): string | null {
  const value = parseRecord(json);
  if (value === null) return null;
  const error = hasError(value) ? value : { error: value };
  return errorWords(error);
}

/** What a server says in its answer, in place of the rest of it. */
export function errorSent(words: string | null): ServerFailure {
  return new ServerFailure('interrupted', `The server sent an error: ${quoted(words)}`);
}

/** Whether the server refuses the prompt as too long. */
export function isContextError({ kind, message }: ServerFailure): boolean {
  return kind === 'interrupted' && isAboutContext(message);
}
