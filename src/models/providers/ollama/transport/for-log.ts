const LONGEST = 200;

/** A short piece of what a server said, on one line and without what cannot be seen. */
export function forLog(words: unknown): string {
  if (typeof words !== 'string') return 'no reason';
  return words.slice(0, LONGEST).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ');
}
