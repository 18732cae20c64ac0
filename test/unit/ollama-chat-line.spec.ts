import { parseChatLine } from '../../src/models/providers/ollama/chat/chat-line.js';

const head = { model: 'llama3.2:3b', created_at: '2026-11-22T19:22:19.123456789Z' };
const lineOf = (content: string, more: object = {}): string =>
  JSON.stringify({ ...head, message: { role: 'assistant', content }, done: false, ...more });

describe('A line of an answer', () => {
  it.each([
    'the',
    ' because',
    '',
    ' ',
    'twelve chars',
    'thirteen char',
    'a "quote"',
    'back\\slash',
    'line\nend',
    '\t',
    '\u0000',
    '\u007f',
    'für 東京',
    '🙂',
    '\ud83d',
    '","done":true}',
    '{"error":"x"}',
    'x'.repeat(5_000),
  ])('has the text that JSON says it has: %j', (content) => {
    const text = lineOf(content);
    const line = parseChatLine(text);
    expect(line.message?.content).toBe(
      (JSON.parse(text) as { message: { content: string } }).message.content,
    );
    expect(line.done).toBe(false);
  });

  it('keeps what the last line and a thinking model say beside the text', () => {
    expect(
      parseChatLine(lineOf('', { done: true, done_reason: 'stop', eval_count: 3 })),
    ).toMatchObject({ done: true, done_reason: 'stop', eval_count: 3 });
    const thinking = { role: 'assistant', content: '', thinking: 'hm' };
    expect(parseChatLine(lineOf('', { message: thinking })).message).toMatchObject({
      thinking: 'hm',
    });
    expect(() => parseChatLine(lineOf('ok', { error: 'no memory' }))).toThrow();
  });

  it.each(['"', '\\', '\n', '\u0001', '\\x', '\\u12'])(
    'is refused when its text could not stand in JSON: %j',
    (content) => {
      const text = lineOf('A').replace('"A"', () => `"${content}"`);
      expect(() => parseChatLine(text)).toThrow();
    },
  );

  it('may be long for its text, and for nothing else', () => {
    const long = 'x'.repeat(100_000);
    expect(parseChatLine(lineOf(long)).message?.content).toBe(long);
    const call = { function: { name: 'f', arguments: { long } } };
    const message = { role: 'assistant', content: '', tool_calls: [call] };
    expect(parseChatLine(lineOf('', { message })).message?.tool_calls).toEqual([call]);
    expect(() => parseChatLine(lineOf('a', { long }))).toThrow();
    expect(() => parseChatLine(lineOf('a', { many: Array(30_000).fill(0) }))).toThrow();
  });
});
