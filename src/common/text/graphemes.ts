const PRINTABLE_ASCII = /^[ -~]*$/;

/** Made at its first use: most texts need none. */
let segmenter: Intl.Segmenter | undefined;

/**
 * The longest beginning of `text` that has at most `max` code points and ends where what a reader
 * sees as one character ends: no flag, family or accented letter is cut in two. Only a single sign
 * of more than `max` code points is.
 */
export function graphemesWithin(text: string, max: number): string {
  const end = indexOfCodePoint(text, max);
  if (end >= text.length) return text;
  // Whether there is a boundary at `end` depends on what is before it and on the one character after.
  const near = text.slice(0, end + 2);
  if (PRINTABLE_ASCII.test(near)) return text.slice(0, end);
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  const boundary = segmenter.segment(near).containing(end)?.index ?? end;
  return text.slice(0, boundary > 0 ? boundary : end);
}

/** Where code point number `count` (from 0) begins; the end of `text` when it has fewer. */
function indexOfCodePoint(text: string, count: number): number {
  let index = 0;
  for (let seen = 0; seen < count && index < text.length; seen += 1) {
    index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
  }
  return index;
}
