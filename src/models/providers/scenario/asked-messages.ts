import type { BaseMessage } from '@langchain/core/messages';
import { AIMessage } from '@langchain/core/messages';
import type { AskedTurn } from '../../../domain/model.js';

/** What messages ask that stand for themselves. */
export function askedBy(messages: readonly BaseMessage[]): AskedTurn {
  const users = messages.filter((message) => message.type === 'human');
  const lastAnswer = messages.findLastIndex((message) => message.type === 'ai');
  const results = messages.slice(lastAnswer + 1).filter((each) => each.type === 'tool');
  const calls = messages.map((each) => (AIMessage.isInstance(each) ? callsOf(each) : 0));
  return {
    message: users.at(-1)?.text ?? null,
    turn: users.length,
    toolResults: results.map(({ text }) => text),
    toolCalls: calls.reduce((sum, count) => sum + count, 0),
  };
}

const callsOf = ({ tool_calls: calls = [] }: AIMessage): number => calls.length;

/** Words of all messages. */
export function wordsOf(messages: readonly BaseMessage[]): number {
  return messages.reduce((sum, { text }) => sum + (text.match(/\S+/g)?.length ?? 0), 0);
}
