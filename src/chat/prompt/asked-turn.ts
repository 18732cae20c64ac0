import type { AskedTurn } from '../../domain/model.js';
import { toolCallsOf } from '../../domain/parts.js';
import type { SpokenMessage } from './turns.js';

/** What a turn asks, of the messages of its branch up to its end. */
export function askedTurn(messages: readonly SpokenMessage[]): AskedTurn {
  const users = messages.filter(({ role }) => role === 'user');
  const lastAnswer = messages.findLastIndex(({ role }) => role === 'assistant');
  const brought = messages.slice(lastAnswer + 1).filter(({ role }) => role === 'tool');
  return {
    message: users.at(-1)?.content ?? null,
    turn: users.length,
    toolResults: brought.map(({ content }) => content),
    toolCalls: messages.reduce(
      (sum, { parts = null }) => sum + (toolCallsOf(parts)?.length ?? 0),
      0,
    ),
  };
}
