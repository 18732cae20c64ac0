import { titleOf } from '../../../src/chat/title.js';

const family = '👨‍👩‍👧‍👦';
const scotland = '\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}';

describe('the title of a new conversation', () => {
  it('is the first message where that is short', () => {
    expect(titleOf('  Explain\n quantum   computing ')).toBe('Explain quantum computing');
  });

  it('is its beginning where that is long', () => {
    const title = titleOf('Tell me all about it. '.repeat(400));
    expect(title).toBe(
      'Tell me all about it. Tell me all about it. Tell me all about it. Tell me all a…',
    );
    expect(title).toHaveLength(80);
    expect(titleOf('a'.repeat(80))).toBe('a'.repeat(80));
    expect(titleOf('a'.repeat(81))).toBe(`${'a'.repeat(79)}…`);
  });

  it.each([
    ['emoji', '😀', 79],
    ['families', family, 11],
    ['flags', '🇩🇪', 39],
    ['a region’s flag', scotland, 11],
    ['skin tones', '👍🏽', 39],
    ['keycaps', '1️⃣', 26],
    ['decomposed accents', 'e\u0301', 39],
    ['Hangul in letters', '\u1112\u1161\u11ab', 26],
    ['Devanagari conjuncts', 'क्षि', 19],
    ['Thai with a tone mark', 'ที่', 26],
    ['a profession', '\u{1f469}\u{1f3fd}‍\u{1f4bb}', 19],
  ])('is never cut inside what a reader sees as one character: %s', (_, sign, times) => {
    expect(titleOf(sign.repeat(300))).toBe(`${sign.repeat(times)}…`);
  });

  it('cuts a single sign that is longer than a title', () => {
    expect([...titleOf(`e${'\u0301'.repeat(9_999)}`)]).toHaveLength(80);
  });

  it.each(['\n', '\r\n', '\v', '\f', '\x1e', '\x85', '\u2028', '\u2029', '\t'])(
    'is one line: %j is a space',
    (lineBreak) => {
      expect(titleOf(`one${lineBreak}two`)).toBe('one two');
    },
  );

  it.each([
    ['colours of a terminal', '\x1b[31mred\x1b[0m', '[31mred[0m'],
    ['controls', 'a\x07\x00\x7f\x9bb', 'ab'],
    ['a turned direction', 'invoice\u202efdp.exe\u202c', 'invoicefdp.exe'],
    ['isolates and marks', '\u2067\u200fa\u200e\u2069\u061c', 'a'],
    ['zero-width spaces', '\ufeffa\u200bb\u2060c\u00add', 'abcd'],
    ['hidden tags', 'Hi\u{e0068}\u{e0069}\u{e007f}', 'Hi'],
    ['joiners that join nothing', '\u200d\u200ca \u200db', 'a b'],
  ])('is without %s', (_, message, title) => {
    expect(titleOf(message)).toBe(title);
  });

  it.each([
    ['a family', family],
    ['a region’s flag', scotland],
    ['Persian with its non-joiner', 'می‌خواهم'],
    ['Sinhala with its joiner', 'ක්‍රී'],
    ['Arabic with numbers', '\u0600123'],
    ['Mongolian with its separator', 'ᠪᠠᠶᠢᠨ\u180e\u1820'],
  ])('keeps %s as it is written', (_, text) => {
    expect(titleOf(text)).toBe(text);
  });

  it.each([
    '',
    ' \n ',
    '\u200b',
    '\u3164',
    '\u2800 \u2800',
    '\ufe0f',
    '\u200d',
    '\x00',
    '\u{e0041}',
  ])('is never blank: %j', (message) => {
    expect(titleOf(message)).toBe('New conversation');
  });

  it('finds the first words behind thousands of spaces and marks', () => {
    expect(titleOf(`${'\u200b \n'.repeat(3_000)}here`)).toBe('here');
  });
});
