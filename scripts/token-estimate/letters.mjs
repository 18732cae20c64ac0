/** The classes of letters that src/chat/prompt/token-weights.ts knows, and one for "none". */
export const LETTER_CLASSES = 30;

/** @param {string} letter */
export function classOf(letter) {
  const code = letter.toLowerCase().codePointAt(0) ?? 0;
  if (code >= 0x61 && code <= 0x7a) return code - 0x60;
  if (code >= 0x1e00 || (code >= 0x1a0 && code <= 0x1b0)) return 29;
  return code >= 0x100 ? 28 : 27;
}
