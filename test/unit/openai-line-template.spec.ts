import { LineTemplate } from '../../src/models/providers/openai/chat/line-template.js';

const styles: [string, (content: string) => string][] = [
  [
    'llama.cpp',
    (content) =>
      `data: ${JSON.stringify({ choices: [{ finish_reason: null, index: 0, delta: { content } }], created: 1, id: 'chatcmpl-1', object: 'chat.completion.chunk' })}`,
  ],
  [
    'vLLM',
    (content) =>
      `data: ${JSON.stringify({ id: 'chatcmpl-1', choices: [{ index: 0, delta: { content }, logprobs: null, finish_reason: null }] })}`,
  ],
  [
    'spaces',
    (content) =>
      `data: {"id": "1", "choices": [{"delta": {"content": ${JSON.stringify(content)}}, "finish_reason": null}]}\r`,
  ],
];

describe.each(styles)('Lines as of %s', (_, lineOf) => {
  const learnt = (): LineTemplate => {
    const template = new LineTemplate();
    template.learn(lineOf('Hello'), 'content', 'Hello');
    return template;
  };

  it('are not read before one was parsed', () => {
    expect(new LineTemplate().read(lineOf('a'))).toBeNull();
  });

  it.each(['a', ' sky', 'twelve chars', 'é', '日本', '😀', '\u007f', '{},:[]'])(
    'are read: %j',
    (content) => {
      const template = learnt();
      expect([template.read(lineOf(content)), template.field]).toEqual([content, 'content']);
    },
  );

  it.each(['', 'thirteen char', 'a "quote"', 'back\\slash', 'line\n', '\t', '\0', '\ud83d'])(
    'are left to be parsed: %j',
    (content) => {
      expect(learnt().read(lineOf(content))).toBeNull();
    },
  );

  it('are left to be parsed where anything else differs', () => {
    const template = learnt();
    expect(template.read(lineOf('a').replace('"finish_reason"', '"finish-reason"'))).toBeNull();
    expect(template.read(lineOf('a').replace('null', '"stop"'))).toBeNull();
    expect(template.read(`${lineOf('a')} `)).toBeNull();
  });
});

it.each([
  ['the field twice', '{"delta":{"content":"a"},"logprobs":{"content":[]}}', 'a'],
  ['a text that needs an escape', '{"delta":{"content":"a\\n"}}', 'a\n'],
  ['the name inside of a text', '{"x":"\\"content\\":\\"a\\"","delta":{"conten\\u0074":"a"}}', 'a'],
  ['no such field', '{"delta":{"text":"a"}}', 'a'],
])('A template is not made of %s', (_, json, text) => {
  const template = new LineTemplate();
  template.learn(`data: ${json}`, 'content', text);
  expect(template.read(`data: ${json}`)).toBeNull();
});
