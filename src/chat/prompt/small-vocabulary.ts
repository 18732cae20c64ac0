/** Letters of a word that one token stands for. */
const LETTERS_A_TOKEN = 4;

const SPACE = 0x20;

/**
 * Estimated tokens of a text for a model of some ten thousand tokens, which are pieces of English and
 * code: a token for four letters of a word, for each digit and sign, for white space that is more than
 * one blank, two for a character beyond ASCII.
 */
export function estimateForSmallVocabulary(text: string): number {
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
      tokens += code < 0x80 ? 1 : tokensBeyondAscii(code);
      letters = 0;
      blanks = 0;
    }
  }
  return tokens;
}

function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

function isBlank(code: number): boolean {
  return code === SPACE || (code >= 0x09 && code <= 0x0d);
}

/** Of a character in two halves, the first counts. */
function tokensBeyondAscii(code: number): number {
  return code >= 0xdc00 && code <= 0xdfff ? 0 : 2;
}
