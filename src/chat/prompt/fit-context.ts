import { trimMessages, type BaseMessage } from '@langchain/core/messages';
import { AppError } from '../../common/errors/app-error.js';
import { countMessages } from './token-count.js';

/** Minimum room for an answer: a message that leaves less room is refused. */
const LEAST_ANSWER_TOKENS = 64;

/** Tokens of messages in a prompt. */
export type Count = (messages: BaseMessage[]) => number;

/** The context that prompt and answer share, in tokens of a model. */
export interface ContextLimits {
  contextTokens: number;
  maxTokens: number;
  count?: Count;
  /**
   * The least that messages may count. A message is refused by it, so that something wrong that was
   * learnt refuses nothing: what is too long, the model server refuses.
   */
  atLeast?: Count;
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
  const { count = countMessages } = limits;
  return fitWithin(messages, promptBudget(neededOf(messages), limits, count), count);
}

/**
 * The messages with so many turns left out that they have at most this part of the tokens of those that
 * were sent, or nothing but what is needed. Null if no more was sent.
 */
export async function fitShorter(
  messages: BaseMessage[],
  sent: BaseMessage[],
  { part, count = countMessages }: { part: number; count?: Count },
): Promise<BaseMessage[] | null> {
  const needed = neededOf(messages);
  if (sent.length <= needed.length) return null;
  return fitWithin(messages, Math.max(count(needed), count(sent) * part), count);
}

/** The newest turns within a budget, which has room for what is needed. */
async function fitWithin(
  messages: BaseMessage[],
  budget: number,
  count: Count,
): Promise<BaseMessage[]> {
  if (count(messages) <= budget) return messages;
  const system = systemOf(messages);
  const turn = lastTurn(messages);
  if (count(system) + count(turn) > budget) return newestRounds(system, turn, budget, count);
  return trimMessages(newestWithin(messages, budget, count), {
    maxTokens: budget,
    tokenCounter: count,
    strategy: 'last',
    includeSystem: true,
    startOn: 'human',
  });
}

/** Tokens that the prompt may take: all but the answer's, which yields to what is needed. */
function promptBudget(
  needed: BaseMessage[],
  { contextTokens, maxTokens, atLeast }: ContextLimits,
  count: Count,
): number {
  const least = Math.min(maxTokens, LEAST_ANSWER_TOKENS, Math.floor(contextTokens / 4));
  if ((atLeast ?? count)(needed) + least > contextTokens) {
    const field = needed.at(-1)?.type === 'tool' ? 'tool_results' : 'message';
    throw new AppError(
      'context_exceeded',
      'The message is too long for the context of this model; shorten it or choose a model with a larger context',
      { details: [{ field, message: 'leaves no room for an answer in the context' }] },
    );
  }
  const answer = Math.min(maxTokens, Math.floor(contextTokens / 2));
  return Math.max(count(needed), contextTokens - answer);
}

/** What is never left out: the system prompt, and of the last turn its message and newest round. */
function neededOf(messages: BaseMessage[]): BaseMessage[] {
  return [...systemOf(messages), ...newestRound(lastTurn(messages))];
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
