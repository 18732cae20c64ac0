import type { FinishReason, Usage } from '../../domain/conversation.js';
import { thinkingOf, toolCallsOf, type ToolCall } from '../../domain/parts.js';
import type { Answer } from '../../generation/answer.js';
import type { DoneEvent } from '../../generation/events.js';
import { modelOf } from './echo.js';

/** The two routes that answer, which name what is said differently. */
export type Route = 'chat' | 'generate';

/** A tool call, as a line or a whole answer has it. */
type OllamaToolCall = ReturnType<typeof toToolCall>;

/** Clients of Ollama read no arguments but an object: what the model gave beside one stands apart. */
export function toToolCall(
  { id, name, arguments: given, argumentsText: text }: ToolCall,
  index: number,
) {
  const unread = text === undefined ? {} : { arguments_text: text };
  return { id, function: { index, name, arguments: given ?? {}, ...unread } };
}

/** What each line of an answer begins with; clients of Ollama know no other time than that of the line. */
export function headFields(answer: Pick<Answer, 'createdAt' | 'echo' | 'model'>) {
  return { model: modelOf(answer), created_at: new Date(answer.createdAt).toISOString() };
}

/** What is said in a line, or in a whole answer. A call has no place in `/api/generate`, which takes no tools. */
export function saidFields(
  route: Route,
  said: { content: string; thinking?: string; toolCalls?: readonly OllamaToolCall[] },
) {
  const { content, thinking, toolCalls } = said;
  const thought = thinking === undefined ? {} : { thinking };
  if (route === 'generate') return { response: content, ...thought };
  const calls = toolCalls === undefined ? {} : { tool_calls: toolCalls };
  return { message: { role: 'assistant', content, ...thought, ...calls } };
}

/**
 * The fields of the end. Of its times only the whole one is known, in nanoseconds: Ollama's clients take
 * each of them for optional.
 */
export function doneFields(
  { finishReason, usage }: Pick<DoneEvent, 'finishReason' | 'usage'>,
  { createdAt, finishedAt }: Pick<Answer, 'createdAt' | 'finishedAt'>,
) {
  const end = finishedAt();
  return {
    done: true,
    done_reason: DONE_REASONS[finishReason],
    ...(end !== null && { total_duration: Math.max(0, end - createdAt) * NANOSECONDS }),
    ...usageFields(usage),
  };
}

const NANOSECONDS = 1_000_000;

/** To Ollama an answer that calls tools has just stopped. */
const DONE_REASONS: Record<FinishReason, string> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'stop',
  cancelled: 'cancelled',
};

function usageFields(usage: Usage | null) {
  const { promptTokens = null, completionTokens = null } = usage ?? {};
  return {
    ...(promptTokens !== null && { prompt_eval_count: promptTokens }),
    ...(completionTokens !== null && { eval_count: completionTokens }),
  };
}

/** A whole answer. */
export function toWholeAnswer(answer: Answer, end: DoneEvent, route: Route) {
  const { response: content, parts } = answer.log.written(answer.thinkingMs());
  const thinking = thinkingOf(parts);
  const calls = toolCallsOf(parts);
  const said = {
    content,
    ...(thinking !== null && { thinking }),
    ...(calls !== null && { toolCalls: calls.map(toToolCall) }),
  };
  return { ...headFields(answer), ...saidFields(route, said), ...doneFields(end, answer) };
}

/** The answer to a request without a message, which only has a model loaded: here it needs no loading. */
export function toLoadAnswer(model: string, route: Route, now: number) {
  return {
    model,
    created_at: new Date(now).toISOString(),
    ...saidFields(route, { content: '' }),
    done: true,
    done_reason: 'load',
  };
}
