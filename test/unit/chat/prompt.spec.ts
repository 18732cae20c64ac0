import {
  AIMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
  type BaseMessage,
} from '@langchain/core/messages';
import { AppError } from '../../../src/common/errors/app-error.js';
import { fitContext } from '../../../src/chat/prompt/fit-context.js';
import { countMessages } from '../../../src/chat/prompt/token-count.js';
import { toModelTurns } from '../../../src/chat/prompt/turns.js';
import type { Message, MessageRole } from '../../../src/domain/conversation.js';
import { storedMessage } from '../../support/stored-message.js';

const message = (role: MessageRole, content: string): Message =>
  storedMessage(content, { role, content });

const plain = (messages: BaseMessage[]): [string, string][] =>
  messages.map((turn) => [turn.type, turn.text]);

describe('what the model sees of a conversation', () => {
  it('keeps the system prompt first and the turns in order', () => {
    const turns = toModelTurns([
      message('system', 'Be brief'),
      message('user', 'Hi'),
      message('assistant', 'Hello'),
    ]);
    expect(plain(turns)).toEqual([
      ['system', 'Be brief'],
      ['human', 'Hi'],
      ['ai', 'Hello'],
    ]);
  });

  it('leaves an empty answer out and joins the two questions by a blank line', () => {
    const turns = toModelTurns([
      message('user', 'One'),
      message('assistant', ''),
      message('user', 'Two'),
      message('assistant', 'Par'),
    ]);
    expect(plain(turns)).toEqual([
      ['human', 'One\n\nTwo'],
      ['ai', 'Par'],
    ]);
  });

  it('joins an unanswered question with the new message', () => {
    const stored = [message('user', 'One'), message('assistant', '')];
    expect(plain(toModelTurns([...stored, { role: 'user', content: 'Two' }]))).toEqual([
      ['human', 'One\n\nTwo'],
    ]);
  });
});

describe('what the model sees of tool calls', () => {
  const call = (id: string) => ({ toolCall: { id, name: 'look', arguments: { at: null } } });
  const calling = (...ids: string[]): Message => ({
    ...message('assistant', ''),
    parts: { list: [{ thinking: 'Hm' }, ...ids.map(call)], thinkingMs: 1 },
  });
  const result = (callId: string, content = callId): Message => ({
    ...message('tool', content),
    toolAnswer: { callId, isError: false },
  });
  const shown = (turns: BaseMessage[]) =>
    turns.map((turn) =>
      ToolMessage.isInstance(turn) ? [turn.tool_call_id, turn.text] : turn.type,
    );

  it('follows each call with its result, or with the sentence that there is none', () => {
    const turns = toModelTurns([
      message('user', 'Look'),
      calling('a', 'b'),
      result('b'),
      message('assistant', 'Done'),
      message('user', 'Again'),
      calling('c'),
      message('user', 'Never mind'),
    ]);
    const none = 'No result was given for this call.';
    expect(shown(turns)).toEqual([
      'human',
      'ai',
      ['b', 'b'],
      ['a', none],
      'ai',
      'human',
      'ai',
      ['c', none],
      'human',
    ]);
  });

  it('follows a call with a result that came after other messages', () => {
    const turns = toModelTurns([
      message('user', 'Look'),
      calling('a', 'b'),
      message('user', 'Are you there?'),
      message('assistant', 'Yes'),
      result('b', 'late'),
      calling('a'),
      result('a', 'of the second call'),
    ]);
    expect(shown(turns)).toEqual([
      'human',
      'ai',
      ['a', 'No result was given for this call.'],
      ['b', 'late'],
      'human',
      'ai',
      'ai',
      ['a', 'of the second call'],
    ]);
  });

  it('has arguments that are no JSON object in an object, as templates of models take them', () => {
    const toolCall = { id: 'a', name: 'look', arguments: null, argumentsText: '{"at":' };
    const odd: Message = {
      ...message('assistant', ''),
      parts: { list: [{ toolCall }], thinkingMs: null },
    };
    expect(toModelTurns([message('user', 'Look'), odd])[1]).toMatchObject({
      tool_calls: [{ id: 'a', name: 'look', args: { arguments_text: '{"at":' } }],
    });
  });

  it('shows the thinking before a call only while the chain of calls goes on', () => {
    const thinkingOf = (messages: Message[]) =>
      toModelTurns(messages).map((turn) => turn.additional_kwargs['reasoning_content']);
    const chain = [message('user', 'Look'), calling('a'), result('a')];
    expect(thinkingOf(chain)).toEqual([undefined, 'Hm', undefined]);
    const later = [...chain, message('assistant', 'Done'), message('user', 'And?')];
    expect(thinkingOf(later)).toEqual(Array(5).fill(undefined));
  });

  it('leaves out the oldest rounds of a chain that is too long, never the question', async () => {
    const long = 'word '.repeat(100).trim();
    const rounds = Array.from({ length: 20 }, (_, n) => [calling(`c${n}`), result(`c${n}`, long)]);
    const turns = toModelTurns([
      message('user', 'Earlier'),
      message('assistant', 'Answered'),
      message('user', 'Look'),
      ...rounds.flat(),
    ]);
    const fitted = await fitContext(turns, { contextTokens: 1_024, maxTokens: 256 });
    expect(fitted[0]?.text).toBe('Look');
    expect(fitted[1]?.type).toBe('ai');
    expect(shown(fitted).at(-1)).toEqual(['c19', long]);
    expect(fitted.length).toBeGreaterThan(5);
    expect(countMessages(fitted)).toBeLessThanOrEqual(1_024 - 256);
  });
});

describe('fitting the context', () => {
  const long = 'word '.repeat(100).trim();
  const conversation = (turns: number): BaseMessage[] => [
    new SystemMessage('Be brief'),
    ...Array.from({ length: turns }, (_, index) => [
      new HumanMessage(`question ${String(index)} ${long}`),
      new AIMessage(`answer ${String(index)} ${long}`),
    ]).flat(),
    new HumanMessage('the last question'),
  ];

  it('leaves a prompt alone that fits', async () => {
    const messages = conversation(2);
    expect(await fitContext(messages, { contextTokens: 8_192, maxTokens: 1_000 })).toBe(messages);
  });

  it('drops the oldest turns, whole, and keeps system prompt and last message', async () => {
    const fitted = await fitContext(conversation(40), { contextTokens: 2_048, maxTokens: 512 });
    expect(fitted[0]?.text).toBe('Be brief');
    expect(fitted[1]?.type).toBe('human');
    expect(fitted.at(-1)?.text).toBe('the last question');
    expect(fitted.at(-2)?.text).toContain('answer 39');
    expect(fitted.length).toBeLessThan(40);
    expect(countMessages(fitted)).toBeLessThanOrEqual(2_048 - 512);
  });

  it('lets the answer yield to a long last message before it refuses', async () => {
    const message = new HumanMessage('word '.repeat(300).trim());
    const fitted = await fitContext([message], { contextTokens: 512, maxTokens: 400 });
    expect(plain(fitted)).toEqual(plain([message]));
  });

  it('refuses a last message that leaves no room for an answer', async () => {
    const attempt = fitContext([new HumanMessage('word '.repeat(600))], {
      contextTokens: 512,
      maxTokens: 1_000,
    });
    await expect(attempt).rejects.toMatchObject({ reason: 'context_exceeded', status: 400 });
    await expect(attempt).rejects.toBeInstanceOf(AppError);
  });

  it('cuts a very long history in one pass', async () => {
    const fitted = await fitContext(conversation(5_000), {
      contextTokens: 4_096,
      maxTokens: 1_000,
    });
    expect(fitted.at(-1)?.text).toBe('the last question');
    expect(countMessages(fitted)).toBeLessThanOrEqual(3_096);
  });
});
