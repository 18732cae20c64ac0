import type { AppError } from '../../../../common/errors/app-error.js';
import { forLog } from './for-log.js';
import { hasMoreValues } from './json-values.js';
import { brokenOff, nonsense } from './ollama-errors.js';

export interface OllamaToolCall {
  function: { name: string; arguments: unknown };
}

export interface OllamaAnswerMessage {
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
 * A piece of text as Ollama writes it, without escapes: nearly every line of an answer. It is read in
 * an eighth of the time that `JSON.parse` takes, and leaves no objects behind. Longer texts are left
 * to `JSON.parse`, since V8 would keep the whole line for a part of it from 13 characters on.
 */
const TEXT_LINE =
  /^\{"model":"[ !#-[\]-\uffff]*","created_at":"[ !#-[\]-\uffff]*","message":\{"role":"assistant","content":"([ !#-[\]-\uffff]{0,12})"\},"done":false\}$/;

/** Longer lines are looked at before they are parsed: they hold up all others meanwhile. */
const LONG_LINE = 16 * 1024;
const MOST_VALUES = 20_000;

/** @throws AppError `model_unavailable` for an error line and for what is no line of a chat. */
export function parseChatLine(text: string): OllamaChatLine {
  const content = TEXT_LINE.exec(text)?.[1];
  if (content !== undefined) return { message: { content }, done: false };
  const value = parse(text);
  if (!isRecord(value)) throw nonsense('A line is no JSON object');
  if ('error' in value) throw errorLine(value.error);
  if (!isChatLine(value)) throw nonsense('A line is no part of a chat');
  if (text.length > LONG_LINE + mostLengthOf(value)) throw nonsense('A line has too much in it');
  return value;
}

/** What a line can be long for, in characters: each may be written as an escape of six. */
function mostLengthOf({ message }: OllamaChatLine): number {
  if (message?.tool_calls) return Infinity;
  return 6 * ((message?.content?.length ?? 0) + (message?.thinking?.length ?? 0));
}

function parse(text: string): unknown {
  if (text.length > LONG_LINE && hasMoreValues(text, MOST_VALUES)) {
    throw nonsense('A line has too many values');
  }
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the line, which is answer text: it must not reach a log.
    throw nonsense(`A line of ${text.length} characters is not JSON`);
  }
}

function errorLine(error: unknown): AppError {
  return brokenOff(new Error(`Ollama sent an error line: ${forLog(error)}`));
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
  return isRecord(value) && isRecord(value.function) && typeof value.function.name === 'string';
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
