import { trimMessages, type BaseMessage } from '@langchain/core/messages';
import { AppError } from '../../common/errors/app-error.js';
import type { Vocabulary } from '../../domain/model.js';
import { countMessages } from './token-count.js';

/** Minimum room for an answer: a message that leaves less room is refused. */
const LEAST_ANSWER_TOKENS = 64;

/** The context that prompt and answer share, in tokens of a model with this vocabulary. */
export interface ContextLimits {
  contextTokens: number;
  maxTokens: number;
  vocabulary?: Vocabulary;
}

/**
 * Leaves out the oldest turns so that system prompt, the newest turns and an answer of `maxTokens`
 * fit into the context; Ollama would drop them silently, the system prompt included. Of a last turn
 * that is too long, with many rounds of tool calls, the oldest rounds are left out. One that leaves
 * no room for an answer throws `context_exceeded`.
 */
export async function fitContext(
  messages: BaseMessage[],
  limits: ContextLimits,
): Promise<BaseMessage[]> {
  const { vocabulary = 'large' } = limits;
  const count = (some: BaseMessage[]): number => countMessages(some, vocabulary);
  const system = systemOf(messages);
  const turn = lastTurn(messages);
  const budget = promptBudget([...system, ...newestRound(turn)], limits, count);
  if (count(messages) <= budget) return messages;
  if (count(system) + count(turn) > budget) return newestRounds(system, turn, budget, count);
  return trimMessages(newestWithin(messages, budget, count), {
    maxTokens: budget,
    tokenCounter: count,
    strategy: 'last',
    includeSystem: true,
    startOn: 'human',
  });
}

type Count = (messages: BaseMessage[]) => number;

/** Tokens that the prompt may take: all but the answer's, which yields to what is needed. */
function promptBudget(
  needed: BaseMessage[],
  { contextTokens, maxTokens }: ContextLimits,
  count: Count,
): number {
  const least = Math.min(maxTokens, LEAST_ANSWER_TOKENS, Math.floor(contextTokens / 4));
  if (count(needed) + least > contextTokens) {
    throw new AppError(
      'context_exceeded',
      'The message is too long for the context of this model; shorten it or choose a model with a larger context',
      { details: [{ field: 'message', message: 'leaves no room for an answer in the context' }] },
    );
  }
  const answer = Math.min(maxTokens, Math.floor(contextTokens / 2));
  return Math.max(count(needed), contextTokens - answer);
}

/** What is answered now: the last message of a user and what came after it, calls and results. */
function lastTurn(messages: BaseMessage[]): BaseMessage[] {
  return messages.slice(messages.findLastIndex(({ type }) => type === 'human'));
}

/** The message of a turn, and the last call with its results. */
function newestRound(turn: BaseMessage[]): BaseMessage[] {
  const call = turn.findLastIndex(({ type }) => type === 'ai');
  return call === -1 ? turn : [...turn.slice(0, 1), ...turn.slice(call)];
}

/** The same with as many calls before it as fit. */
function newestRounds(
  system: BaseMessage[],
  turn: BaseMessage[],
  budget: number,
  count: Count,
): BaseMessage[] {
  let kept = [...system, ...newestRound(turn)];
  for (let at = turn.length - 1; at > 0; at -= 1) {
    if (turn[at]?.type !== 'ai') continue;
    const longer = [...system, ...turn.slice(0, 1), ...turn.slice(at)];
    if (count(longer) > budget) break;
    kept = longer;
  }
  return kept;
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
