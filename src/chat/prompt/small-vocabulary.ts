import { BLOCK_BITS, KIND_OF_BLOCK, LATIN, type TokenCounts } from './writing-kinds.js';

/** Letters of a word that one token stands for. */
const LETTERS_A_TOKEN = 4;

const SPACE = 0x20;

/**
 * Adds the estimated tokens of a text for a model of some ten thousand tokens, which are pieces of English and
 * code: a token for four letters of a word, for each digit and sign, for white space that is more than
 * one blank, two for a character beyond ASCII.
 */
export function addForSmallVocabulary(counts: TokenCounts, text: string): void {
  let tokens = 0;
  let letters = 0;
  let blanks = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isLetter(code)) {
      tokens += letters % LETTERS_A_TOKEN === 0 ? 1 : 0;
      letters += 1;
      blanks = 0;
    } else if (isBlank(code)) {
      // A tab or a line's end weighs as two spaces: the run counts once it weighs more than one.
      const weight = blanks + (code === SPACE ? 1 : 2);
      tokens += blanks < 2 && weight >= 2 ? 1 : 0;
      blanks = weight;
      letters = 0;
    } else {
      if (code < 0x80) tokens += 1;
      else addBeyondAscii(counts, code);
      letters = 0;
      blanks = 0;
    }
  }
  counts[LATIN] = (counts[LATIN] ?? 0) + tokens;
}

function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

function isBlank(code: number): boolean {
  return code === SPACE || (code >= 0x09 && code <= 0x0d);
}

/** Of a character in two halves, the first counts. */
function addBeyondAscii(counts: TokenCounts, code: number): void {
  if (code >= 0xdc00 && code <= 0xdfff) return;
  const kind = KIND_OF_BLOCK[code >> BLOCK_BITS] ?? LATIN;
  counts[kind] = (counts[kind] ?? 0) + 2;
}
