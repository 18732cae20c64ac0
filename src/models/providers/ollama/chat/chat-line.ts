import { LONG_LINE, parseLine } from '../../../transport/json-line.js';
import { isRecord } from '../../../transport/json.js';
import { quoted, ServerFailure, unusable } from '../../../transport/server-failure.js';

export interface OllamaToolCall {
  id?: unknown;
  function: { name: string; arguments: Record<string, unknown> };
}

interface OllamaAnswerMessage {
  content?: string | null;
  /** Reasoning of a thinking model: no answer text. */
  thinking?: string;
  tool_calls?: OllamaToolCall[];
}

/** One line of Ollama's answer to `POST /api/chat`, checked as far as it is used. */
export interface OllamaChatLine {
  message?: OllamaAnswerMessage;
  done?: boolean;
  done_reason?: unknown;
  prompt_eval_count?: unknown;
  eval_count?: unknown;
}

/**
 * A piece of text as Ollama writes it, without escapes: nearly every line of an answer. Reading it
 * takes an eighth of the time of `JSON.parse` and creates no objects. Longer texts are parsed with
 * `JSON.parse`, because a substring of 13 or more characters would hold the whole line in memory in
 * V8.
 */
const TEXT_LINE =
  /^\{"model":"[ !#-[\]-\uffff]*","created_at":"[ !#-[\]-\uffff]*","message":\{"role":"assistant","content":"([ !#-[\]-\uffff]{0,12})"\},"done":false\}$/;

/** The same of what a model thinks. */
const THINKING_LINE =
  /^\{"model":"[ !#-[\]-\uffff]*","created_at":"[ !#-[\]-\uffff]*","message":\{"role":"assistant","content":"","thinking":"([ !#-[\]-\uffff]{0,12})"\},"done":false\}$/;

/** @throws ServerFailure `interrupted` for an error line, `unusable` for an invalid line. */
export function parseChatLine(text: string): OllamaChatLine {
  const content = TEXT_LINE.exec(text)?.[1];
  if (content !== undefined) return { message: { content }, done: false };
  const thinking = THINKING_LINE.exec(text)?.[1];
  if (thinking !== undefined) return { message: { thinking }, done: false };
  const value = parseLine(text);
  if ('error' in value) throw errorLine(value.error);
  if (!isChatLine(value)) throw unusable('A line does not belong to a chat');
  if (text.length > LONG_LINE + mostLengthOf(value))
    throw unusable('A line has too much beside its text');
  return value;
}

/** Length of the line's own text, in characters; each may be an escape of six. */
function mostLengthOf({ message }: OllamaChatLine): number {
  if (message?.tool_calls) return Infinity;
  return 6 * ((message?.content?.length ?? 0) + (message?.thinking?.length ?? 0));
}

function errorLine(error: unknown): ServerFailure {
  return new ServerFailure('interrupted', `Ollama sent an error line: ${quoted(error)}`);
}

function isChatLine(
  value: Record<string, unknown>,
): value is Record<string, unknown> & OllamaChatLine {
  const { message, done } = value;
  if (done !== undefined && typeof done !== 'boolean') return false;
  return message === undefined ? done === true : isAnswerMessage(message);
}

function isAnswerMessage(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { content, thinking, tool_calls: toolCalls } = value;
  return (
    (content === undefined || content === null || typeof content === 'string') &&
    (thinking === undefined || typeof thinking === 'string') &&
    (toolCalls === undefined || (Array.isArray(toolCalls) && toolCalls.every(isToolCall)))
  );
}

function isToolCall(value: unknown): boolean {
  if (!isRecord(value) || !isRecord(value.function)) return false;
  const { name, arguments: given } = value.function;
  return typeof name === 'string' && isRecord(given);
}
