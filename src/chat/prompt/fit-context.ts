import { trimMessages, type BaseMessage } from '@langchain/core/messages';
import { AppError } from '../../common/errors/app-error.js';
import { countMessage, countMessages } from './token-count.js';

/** An answer shorter than this is no answer: a message that leaves less room is refused. */
const LEAST_ANSWER_TOKENS = 64;

/**
 * Leaves out the oldest turns so that system prompt, the newest turns and an answer of `maxTokens`
 * fit into the context; Ollama would drop them silently, the system prompt included. A last message
 * that leaves no room for an answer throws `context_exceeded`.
 */
export async function fitContext(
  messages: BaseMessage[],
  contextTokens: number,
  maxTokens: number,
): Promise<BaseMessage[]> {
  const budget = promptBudget(messages, contextTokens, maxTokens);
  if (countMessages(messages) <= budget) return messages;
  return trimMessages(newestWithin(messages, budget), {
    maxTokens: budget,
    tokenCounter: countMessages,
    strategy: 'last',
    includeSystem: true,
    startOn: 'human',
  });
}

/** Tokens that the prompt may take: all but the answer's, which yields to the last message. */
function promptBudget(messages: BaseMessage[], contextTokens: number, maxTokens: number): number {
  const least = Math.min(maxTokens, LEAST_ANSWER_TOKENS, Math.floor(contextTokens / 4));
  const needed = countMessages(systemOf(messages)) + countMessages(messages.slice(-1));
  if (needed + least > contextTokens) {
    throw new AppError(
      'context_exceeded',
      'The message is too long for the context of this model; shorten it or choose a model with a larger context',
      { details: [{ field: 'message', message: 'leaves no room for an answer in the context' }] },
    );
  }
  const answer = Math.min(maxTokens, Math.floor(contextTokens / 2));
  return Math.max(needed, contextTokens - answer);
}

/**
 * The system prompt and as many of the newest turns as could fit, and one more. `trimMessages`
 * counts the whole list again for each turn that it drops; a long history is cut down to size first.
 */
function newestWithin(messages: BaseMessage[], budget: number): BaseMessage[] {
  const system = systemOf(messages);
  let total = countMessages(system);
  let start = messages.length;
  while (start > system.length && total <= budget) {
    start -= 1;
    const message = messages[start];
    if (message) total += countMessage(message);
  }
  return [...system, ...messages.slice(start)];
}

function systemOf(messages: BaseMessage[]): BaseMessage[] {
  return messages[0]?.type === 'system' ? messages.slice(0, 1) : [];
}
