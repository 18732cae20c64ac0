import { LETTER_CLASSES, LETTER_PAIRS } from './letter-pairs.js';

/** Weights are whole numbers of this part of a token. */
export const PARTS_OF_A_TOKEN = 40;

/** Classes of letters with diacritics. */
const WESTERN = 27;
const EXTENDED = 28;
const VIETNAMESE = 29;

/** What characters weigh in tokens, by the ranges of Unicode; later lines win. */
const RANGES: readonly (readonly [first: number, last: number, tokens: number])[] = [
  [0x0000, 0xffff, 2.5],
  [0x0080, 0x00ff, 1], // signs of Latin-1
  [0x0250, 0x02ff, 2], // phonetic letters
  [0x0300, 0x036f, 1.6], // combining accents
  [0x0370, 0x03ff, 1.075], // Greek
  [0x0400, 0x052f, 3], // Cyrillic beyond Russian
  [0x0410, 0x044f, 0.375], // Russian
  [0x0401, 0x0401, 0.6],
  [0x0451, 0x0451, 0.6],
  [0x044a, 0x044a, 3], // a vowel of Bulgarian, rare in Russian
  [0x0530, 0x058f, 1.95], // Armenian
  [0x0590, 0x05ff, 1.25], // Hebrew
  [0x0600, 0x06ff, 1.9], // Arabic script beyond Arabic: Persian, Urdu
  [0x060c, 0x061f, 0.5],
  [0x0621, 0x064a, 0.5], // Arabic
  [0x064b, 0x066d, 1], // its vowel signs and digits
  [0x06d4, 0x06d4, 1],
  [0x0900, 0x097f, 1.225], // Devanagari
  [0x0964, 0x0965, 1],
  [0x0980, 0x09ff, 1.525], // Bengali
  [0x0a00, 0x0b7f, 2.1], // Gurmukhi, Gujarati, Oriya
  [0x0b80, 0x0bff, 1.625], // Tamil
  [0x0c00, 0x0d7f, 2.1], // Telugu, Kannada, Malayalam
  [0x0d80, 0x0dff, 2.25], // Sinhala
  [0x0e00, 0x0e7f, 0.625], // Thai
  [0x0e80, 0x0eff, 2.15], // Lao
  [0x1000, 0x10ff, 2.25], // Burmese, Georgian
  [0x1100, 0x139f, 3], // Hangul letters, Ethiopic
  [0x1780, 0x17ff, 1.8], // Khmer
  [0x1f00, 0x1fff, 2], // Greek with all its accents
  [0x2000, 0x206f, 1.1], // spaces and punctuation
  [0x200d, 0x200d, 1.5], // what joins emoji
  [0x2070, 0x22ff, 1.9], // arrows, mathematics
  [0x2500, 0x25ff, 1.5], // boxes and shapes
  [0x2600, 0x27bf, 1.8], // symbols in one unit
  [0x3000, 0x303f, 0.7], // CJK punctuation
  [0x3040, 0x30ff, 0.725], // Kana
  [0x3130, 0x318f, 1.6],
  [0x4e00, 0x9fff, 0.975], // Han
  [0xac00, 0xd7a3, 0.95], // Hangul
  [0xd800, 0xdbff, 3.5], // the first unit of a pair stands for both
  [0xd83c, 0xd83e, 2.9], // emoji
  [0xdc00, 0xdfff, 0],
  [0xfe00, 0xfe0f, 1], // what makes a symbol an emoji
  [0xff00, 0xff65, 0.8], // full-width forms
  [0xff66, 0xffef, 1.6],
];

/** Weight of each UTF-16 unit that is neither ASCII nor a Latin letter. */
export const UNIT_WEIGHTS = unitWeights();

/** Weight of a letter after another: at `before * LETTER_CLASSES + letter`. */
export const PAIR_WEIGHTS = Uint8Array.from(
  LETTER_PAIRS.join(''),
  (digit) => (parseInt(digit, 36) * PARTS_OF_A_TOKEN) / 20,
);

/** Class of each unit as a Latin letter; 0 for all others. */
export const LETTER_OF_UNIT = lettersOfUnits();

export { LETTER_CLASSES };

function unitWeights(): Uint8Array {
  const weights = new Uint8Array(0x10000);
  for (const [first, last, tokens] of RANGES) {
    weights.fill(Math.round(tokens * PARTS_OF_A_TOKEN), first, last + 1);
  }
  return weights;
}

function lettersOfUnits(): Uint8Array {
  const letters = new Uint8Array(0x10000);
  for (let letter = 1; letter <= 26; letter += 1) {
    letters[0x40 + letter] = letter;
    letters[0x60 + letter] = letter;
  }
  letters.fill(WESTERN, 0xc0, 0x100);
  letters.fill(EXTENDED, 0x100, 0x250);
  letters.fill(VIETNAMESE, 0x1a0, 0x1b1);
  letters.fill(VIETNAMESE, 0x1e00, 0x1f00);
  letters[0xd7] = 0; // the signs of multiplication
  letters[0xf7] = 0; // and division
  return letters;
}
