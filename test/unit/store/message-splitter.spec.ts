import { DamagedFileError } from '../../../src/store/file/json-reader.js';
import { MessageSplitter } from '../../../src/store/file/message-splitter.js';

/** What becomes of a file that is read in pieces of so many bytes. */
function split(text: string, pieceBytes: number) {
  const bytes = Buffer.from(text);
  const messages: unknown[] = [];
  const splitter = new MessageSplitter((json, start, end) => {
    expect(bytes.toString('utf8', start, end)).toBe(json);
    messages.push(JSON.parse(json));
  });
  for (let at = 0; at < bytes.length; at += pieceBytes)
    splitter.push(bytes.subarray(at, at + pieceBytes));
  return { messages, rest: JSON.parse(splitter.end()) as unknown };
}

const MESSAGES = [
  { role: 'user', content: '"messages":[{}] \\" \\\\ ]}{[ é 日本 👍🏽' },
  { role: 'assistant', content: '\\', usage: { prompt_tokens: 1, list: [[{ a: '}' }]] } },
  {},
];

describe('the splitter of a conversation’s file', () => {
  const file = { version: 1, title: 'messages', messages: MESSAGES, tags: [{ messages: [{}] }] };
  const others = { messages: MESSAGES, meta: { messages: [{ a: 1 }] }, more: [[{ b: [] }]] };
  const forms = [
    JSON.stringify(file),
    JSON.stringify(file, null, 2),
    JSON.stringify(others, null, '\t').replaceAll('": ', '" \r\n : '),
    JSON.stringify({ ...file, messages: [] }),
  ];

  it.each([1, 2, 3, 7, 64, 10_000])('finds every message in pieces of %d bytes', (bytes) => {
    for (const form of forms) {
      const whole = JSON.parse(form);
      const { messages, rest } = split(form, bytes);
      expect(messages).toEqual(whole.messages);
      expect(rest).toEqual({ ...whole, messages: messages.map(() => 0) });
    }
  });

  it('leaves all that is no message of the file’s own list to the rest', () => {
    for (const value of [
      { a: [{ messages: [{}] }] },
      [{ messages: [{}] }],
      { messages: [[{}], 1] },
    ])
      expect(split(JSON.stringify(value), 3)).toEqual({ messages: [], rest: value });
  });

  it('makes nothing sound that is broken', () => {
    const sound = JSON.stringify(file);
    for (let end = 0; end < sound.length; end += 1)
      expect(() => split(sound.slice(0, end), 50)).toThrow();
    for (const broken of [
      '{"messages":[{}{}]}',
      '{"messages":[{},]}',
      '{"messages":[{]}}',
      '{"messages":[{}]]}',
      '{"messages":[{}}]',
    ])
      expect(() => split(broken, 50)).toThrow();
  });

  it('holds no more than 16 MiB of what is no message', () => {
    const splitter = new MessageSplitter(() => undefined);
    const piece = Buffer.from(`["${'x'.repeat(1024 * 1024)}",`);
    const pushAll = (): void => {
      for (let mebibytes = 0; mebibytes < 20; mebibytes += 1) splitter.push(piece);
    };
    expect(pushAll).toThrow(DamagedFileError);
  });
});
