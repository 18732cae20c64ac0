import { readFileSync } from 'node:fs';

import { systemCode } from '../common/errors/system-code.js';

/** The text of a file, or what was expected: a phrase that follows the word "expected". */
export type FileText =
  { readonly text: string } | { readonly expected: string; readonly missing: boolean };

interface Encoding {
  readonly name: string;
  readonly mark: readonly number[];
  /** The decoder's name; null for an encoding that is refused. */
  readonly label: string | null;
}

/** Longer marks first: UTF-16's mark is the beginning of UTF-32's. */
const MARKED: readonly Encoding[] = [
  { name: 'UTF-32', mark: [0xff, 0xfe, 0, 0], label: null },
  { name: 'UTF-32', mark: [0, 0, 0xfe, 0xff], label: null },
  { name: 'UTF-8', mark: [0xef, 0xbb, 0xbf], label: 'utf-8' },
  { name: 'UTF-16', mark: [0xff, 0xfe], label: 'utf-16le' },
  { name: 'UTF-16', mark: [0xfe, 0xff], label: 'utf-16be' },
];
const UNMARKED: Encoding = { name: 'UTF-8', mark: [], label: 'utf-8' };

const EXPECTED = 'a text file in UTF-8, or in UTF-16 with a byte order mark';

/** Reads a text file that may come from any editor; never throws. */
export function readTextFile(path: string): FileText {
  try {
    return decode(readFileSync(path));
  } catch (error) {
    const code = systemCode(error) ?? 'unknown';
    return { expected: `a file that can be read (${code})`, missing: code === 'ENOENT' };
  }
}

function decode(bytes: Buffer): FileText {
  const { name, label } = MARKED.find(({ mark }) => begins(bytes, mark)) ?? UNMARKED;
  if (label === null) return refused(`it is in ${name}`);
  // UTF-16 without a mark: every second byte of ASCII text is 0.
  if (label === 'utf-8' && bytes.includes(0)) return refused('it contains bytes that are not text');
  try {
    return { text: new TextDecoder(label, { fatal: true }).decode(bytes) };
  } catch {
    return refused(`it is not correct ${name}`);
  }
}

const begins = (bytes: Buffer, mark: readonly number[]): boolean =>
  mark.every((byte, index) => bytes[index] === byte);

const refused = (why: string): FileText => ({ expected: `${EXPECTED}; ${why}`, missing: false });
