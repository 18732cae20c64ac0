import { cleaned, HAS_VISIBLE } from '../../../src/history/dto/title.decorator.js';

const PATTERNS = {
  'by characters': new RegExp(HAS_VISIBLE, 'u'),
  'by units': new RegExp(HAS_VISIBLE),
};

/** Each code point that a text may have. */
function* characters(): Generator<string> {
  for (let point = 1; point <= 0x10ffff; point += 1) {
    if (point < 0xd800 || point > 0xdfff) yield String.fromCodePoint(point);
  }
}

describe('the pattern of titles and tags', () => {
  it.each(Object.entries(PATTERNS))('allows each text that is accepted, read %s', (_, pattern) => {
    const refused = [...characters()].filter(
      (text) => cleaned(text, 1) !== '' && !pattern.test(text),
    );
    expect(refused).toEqual([]);
  });

  it.each(Object.entries(PATTERNS))('refuses what is blank up to U+FFFF, read %s', (_, pattern) => {
    const allowed = [...characters()].filter(
      (text) => text.length === 1 && cleaned(text, 1) === '' && pattern.test(text),
    );
    expect(allowed).toEqual([]);
  });
});
