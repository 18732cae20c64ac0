import { trimMessages, type BaseMessage } from '@langchain/core/messages';
import { AppError } from '../../common/errors/app-error.js';
import type { Vocabulary } from '../../domain/model.js';
import { countMessages } from './token-count.js';

/** Minimum room for an answer: a message that leaves less room is refused. */
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
  vocabulary: Vocabulary = 'large',
): Promise<BaseMessage[]> {
  const count = (some: BaseMessage[]): number => countMessages(some, vocabulary);
  const budget = promptBudget(messages, { contextTokens, maxTokens, count });
  if (count(messages) <= budget) return messages;
  return trimMessages(newestWithin(messages, budget, count), {
    maxTokens: budget,
    tokenCounter: count,
    strategy: 'last',
    includeSystem: true,
    startOn: 'human',
  });
}

type Count = (messages: BaseMessage[]) => number;

interface PromptLimits {
  contextTokens: number;
  maxTokens: number;
  count: Count;
}

/** Tokens that the prompt may take: all but the answer's, which yields to the last message. */
function promptBudget(messages: BaseMessage[], limits: PromptLimits): number {
  const { contextTokens, maxTokens, count } = limits;
  const least = Math.min(maxTokens, LEAST_ANSWER_TOKENS, Math.floor(contextTokens / 4));
  const needed = count(systemOf(messages)) + count(messages.slice(-1));
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
function newestWithin(messages: BaseMessage[], budget: number, count: Count): BaseMessage[] {
  const system = systemOf(messages);
  let total = count(system);
  let start = messages.length;
  while (start > system.length && total <= budget) {
    start -= 1;
    const message = messages[start];
    if (message) total += count([message]);
  }
  return [...system, ...messages.slice(start)];
}

function systemOf(messages: BaseMessage[]): BaseMessage[] {
  return messages[0]?.type === 'system' ? messages.slice(0, 1) : [];
}
