import { thinkingOf, toolCallsOf } from '../../domain/parts.js';
import type { Answer } from '../../generation/answer.js';
import type { DoneEvent } from '../../generation/events.js';
import { completionFacts, toCall, toUsage } from './completion-facts.js';

/** A whole answer as OpenAI's clients read it. */
export function toChatCompletion(answer: Answer, end: DoneEvent) {
  const { response, parts } = answer.log.written(answer.thinkingMs());
  const { id, created, model } = completionFacts(answer).facts;
  const thinking = thinkingOf(parts);
  const calls = toolCallsOf(parts)?.map(toCall);
  const message = {
    role: 'assistant' as const,
    content: calls && response === '' ? null : response,
    refusal: null,
    ...(thinking !== null && { reasoning_content: thinking, reasoning: thinking }),
    ...(calls && { tool_calls: calls }),
  };
  return {
    id,
    object: 'chat.completion' as const,
    created,
    model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: end.finishReason }],
    usage: toUsage(end.usage),
  };
}
