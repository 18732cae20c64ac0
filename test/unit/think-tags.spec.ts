import { ThinkTags } from '../../src/models/transport/think-tags.js';

/** What comes out, pieces of one kind that follow each other joined. */
function separated(pieces: readonly string[]): string[] {
  const out: { kind: string; text: string }[] = [];
  const add = (kind: string) => (text: string) => {
    expect(text).not.toBe('');
    const last = out.at(-1);
    if (last?.kind === kind) last.text += text;
    else out.push({ kind, text });
  };
  const tags = new ThinkTags({ token: add('text'), thinking: add('thinking') });
  for (const piece of pieces) tags.take(piece);
  tags.end();
  return out.map(({ kind, text }) => `${kind}: ${text}`);
}

const CASES: [string, string, string[]][] = [
  [
    'thinking, then text',
    '<think>\nHm, so\n it is.\n</think>\n\nYes.',
    ['thinking: Hm, so\n it is.', 'text: Yes.'],
  ],
  ['no tag', 'Yes, <think>no</think>', ['text: Yes, <think>no</think>']],
  ['white space before the tag', '\n <think>a</think>b', ['thinking: a', 'text: b']],
  ['nothing thought', '<think>\n\n</think>\n\nYes', ['text: Yes']],
  ['what only looks like a tag', '<thin ice', ['text: <thin ice']],
  [
    'what only looks like an end',
    '<think>a </thin b</think>c',
    ['thinking: a </thin b', 'text: c'],
  ],
  ['thinking without an end', '<think>a b</thi', ['thinking: a b</thi']],
  ['a beginning alone', '<thi', ['text: <thi']],
  ['nothing', '', []],
  ['a second tag', '<think>a</think>b<think>c</think>', ['thinking: a', 'text: b<think>c</think>']],
];

describe('tags around thinking', () => {
  it.each(CASES)('are separated: %s', (_name, text, expected) => {
    expect(separated([text])).toEqual(expected);
  });

  it.each(CASES)('are separated wherever the text is cut: %s', (_name, text, expected) => {
    expect(separated([...text])).toEqual(expected);
    for (let cut = 1; cut < text.length; cut += 1) {
      expect(separated([text.slice(0, cut), text.slice(cut)])).toEqual(expected);
    }
  });
});
