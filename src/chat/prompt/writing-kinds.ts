/**
 * Kinds of writing, each of which a tokenizer knows well or not so well, and what a chat template puts
 * around the messages. The names are stored: a factor under another name is not found again.
 */
export const KINDS = [
  'frame',
  'latin',
  'greek_cyrillic',
  'semitic',
  'indic',
  'other_asian',
  'cjk',
  'hangul',
  'symbol',
] as const;
export type Kind = (typeof KINDS)[number];

/** Tokens of a text or a prompt by the kind of its writing, in the order of `KINDS`. */
export type TokenCounts = Float64Array;

export const FRAME = KINDS.indexOf('frame');
export const LATIN = KINDS.indexOf('latin');

/** Units that one entry of the table stands for, as a power of two. */
export const BLOCK_BITS = 7;

/** By the ranges of Unicode; later lines win. Ranges are whole blocks of 128 units. */
const RANGES: readonly (readonly [first: number, last: number, kind: Kind])[] = [
  [0x0000, 0xffff, 'symbol'],
  [0x0000, 0x037f, 'latin'],
  [0x0380, 0x057f, 'greek_cyrillic'],
  [0x0580, 0x08ff, 'semitic'],
  [0x0900, 0x0dff, 'indic'],
  [0x0e00, 0x1dff, 'other_asian'],
  [0x1100, 0x11ff, 'hangul'],
  [0x1e00, 0x1eff, 'latin'],
  [0x1f00, 0x1fff, 'greek_cyrillic'],
  [0x2e80, 0xabff, 'cjk'],
  [0xac00, 0xd7ff, 'hangul'],
  [0xf900, 0xfaff, 'cjk'],
  [0xfb00, 0xfdff, 'semitic'],
  [0xff00, 0xffff, 'cjk'],
];

/** Kind of a UTF-16 unit, by its block; the halves of a pair are symbols: nearly all are emoji. */
export const KIND_OF_BLOCK = kindsOfBlocks();

export function noTokens(): TokenCounts {
  return new Float64Array(KINDS.length);
}

export function addTokens(sum: TokenCounts, counts: TokenCounts): void {
  for (let kind = 0; kind < sum.length; kind += 1)
    sum[kind] = (sum[kind] ?? 0) + (counts[kind] ?? 0);
}

export function sumOf(counts: TokenCounts): number {
  return counts.reduce((sum, tokens) => sum + tokens, 0);
}

function kindsOfBlocks(): Uint8Array {
  const kinds = new Uint8Array(0x10000 >> BLOCK_BITS);
  for (const [first, last, kind] of RANGES) {
    kinds.fill(KINDS.indexOf(kind), first >> BLOCK_BITS, (last >> BLOCK_BITS) + 1);
  }
  return kinds;
}
