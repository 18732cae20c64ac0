import { askedTurn } from '../../../src/chat/prompt/asked-turn.js';
import type { SpokenMessage } from '../../../src/chat/prompt/turns.js';

const user = (content: string): SpokenMessage => ({ role: 'user', content });
const assistant = (content: string, calls: string[] = []): SpokenMessage => ({
  role: 'assistant',
  content,
  parts:
    calls.length === 0
      ? null
      : {
          thinkingMs: null,
          list: calls.map((id) => ({ toolCall: { id, name: 'now', arguments: {} } })),
        },
});
const result = (callId: string, content: string): SpokenMessage => ({
  role: 'tool',
  content,
  toolAnswer: { callId, isError: false },
});

describe('what a turn asks', () => {
  it('is its newest user message, alone, and which one it is', () => {
    const asked = askedTurn([user('one'), assistant(''), user('two')]);
    expect(asked).toEqual({ message: 'two', turn: 2, toolResults: [], toolCalls: 0 });
  });

  it('has the results that the request brings, not those before', () => {
    const before = [user('one'), assistant('', ['a']), result('a', 'old'), assistant('', ['b'])];
    expect(askedTurn([...before, result('b', 'new')])).toEqual({
      message: 'one',
      turn: 1,
      toolResults: ['new'],
      toolCalls: 2,
    });
    expect(askedTurn([...before, user('two')]).toolResults).toEqual([]);
  });

  it('may have no user message', () => {
    expect(askedTurn([])).toEqual({ message: null, turn: 0, toolResults: [], toolCalls: 0 });
  });
});
