import { isUtf8 } from 'node:buffer';
import { invalidBody } from './body-errors.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
/** No byte of JSON is lower but white space. */
const SPACE = 0x20;

/**
 * The value of a JSON text. It must be UTF-8, regardless of the declared charset: decoding would
 * replace invalid bytes by U+FFFD without an error. Throws `validation` for invalid JSON and,
 * before parsing, for a text with more than `maxValues` values.
 */
export function parseJsonBody(bytes: Buffer, maxValues: number): unknown {
  if (!isUtf8(bytes)) throw invalidBody('must be valid UTF-8');
  if (hasMoreValues(bytes, maxValues)) {
    throw invalidBody(`must not hold more than ${maxValues} values`);
  }
  try {
    const value: unknown = JSON.parse(withoutMark(bytes).toString('utf8'));
    return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw invalidBody(`must be valid JSON${positionOf(error)}`);
  }
}

/**
 * Whether a JSON text holds more than `max` values: one is the whole, one follows each comma and
 * each bracket that is not closed at once. Strings, where most bytes are, are skipped by the
 * runtime's own search.
 */
export function hasMoreValues(bytes: Buffer, max: number): boolean {
  let values = 1;
  let opened = false;
  for (let index = 0; index < bytes.length && values <= max; index += 1) {
    const byte = bytes[index] ?? SPACE;
    if (byte <= SPACE) continue;
    if (opened && byte !== CLOSE_ARRAY && byte !== CLOSE_OBJECT) values += 1;
    opened = byte === OPEN_ARRAY || byte === OPEN_OBJECT;
    if (byte === COMMA) values += 1;
    else if (byte === QUOTE) index = endOfString(bytes, index + 1);
  }
  return values > max;
}

/**
 * Index of the quote that ends a string, or of the end. The runtime finds the next quote faster than
 * a loop, but not where quotes are escaped by the million.
 */
function endOfString(bytes: Buffer, from: number): number {
  const quote = bytes.indexOf(QUOTE, from);
  if (quote < 0) return bytes.length;
  if (bytes[quote - 1] !== BACKSLASH) return quote;
  for (let index = from; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (byte === QUOTE) return index;
    if (byte === BACKSLASH) index += 1;
  }
  return bytes.length;
}

/** Some editors put a byte order mark before UTF-8. */
function withoutMark(bytes: Buffer): Buffer {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return marked ? bytes.subarray(3) : bytes;
}

/**
 * V8's message has the position of the mistake, and a piece of the text, which must not be
 * repeated.
 */
function positionOf(error: SyntaxError): string {
  const position = /at position (\d+)/.exec(error.message)?.[1];
  return position ? ` (see character ${Number(position) + 1})` : '';
}
