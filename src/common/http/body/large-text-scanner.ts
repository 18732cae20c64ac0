import { bodyTooLarge } from './body-errors.js';

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const SLASH = 0x2f;
const OPEN = new Set([0x7b, 0x5b]);
const CLOSE = new Set([0x7d, 0x5d]);

/** Shorter texts are parsed like all others. */
const LONG = 4 * 1024;
/** Where long texts may stand in their field: as items of a list, or as fields of its items. */
const DEPTHS = new Set([2, 3]);

/** Where a long text stands in the body, without its quotes. */
export interface TextRange {
  start: number;
  end: number;
  /** Whether it has `\/` for slashes; it has no other escapes. */
  hasEscapes: boolean;
}

/**
 * Finds the long texts in one field of a JSON body while it is received, and refuses a body whose rest
 * is too large as soon as that is known. It checks nothing else: what it takes for JSON is parsed
 * later, without these texts.
 */
export class LargeTextScanner {
  readonly ranges: TextRange[] = [];
  /** Bytes that are not in ranges. */
  private rest = 0;
  /** Bytes before this chunk. */
  private before = 0;
  private depth = 0;
  private inField = false;
  private string: StringState | null = null;
  /** The last string at the top level, where it is as short as the field's name. */
  private name = '';

  constructor(
    private readonly field: string,
    private readonly maxRest: number,
  ) {}

  /** Throws `body_too_large`. */
  feed(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;)
      at = this.string ? this.insideString(this.string, chunk, at) : this.outside(chunk, at);
    this.before += chunk.length;
    if (this.rest > this.maxRest) throw bodyTooLarge(this.maxRest);
  }

  private outside(chunk: Buffer, from: number): number {
    let at = from;
    for (; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (byte === QUOTE) break;
      if (OPEN.has(byte)) this.depth += 1;
      else if (CLOSE.has(byte)) this.close();
      else if (byte === COLON && this.depth === 1) this.inField = this.name === this.field;
    }
    const opened = at < chunk.length;
    if (opened) this.string = this.begin(this.before + at + 1);
    const next = opened ? at + 1 : at;
    this.rest += next - from;
    return next;
  }

  private begin(start: number): StringState {
    const mayBeLifted = this.inField && DEPTHS.has(this.depth);
    if (this.depth === 1) this.name = '';
    return { start, mayBeLifted, hasEscapes: false, isEscaped: false };
  }

  private close(): void {
    this.depth -= 1;
    if (this.depth <= 1) this.inField = false;
  }

  /** Up to the end of the string, of the chunk, or behind an escape. */
  private insideString(string: StringState, chunk: Buffer, from: number): number {
    if (string.isEscaped) return this.escaped(string, chunk[from], from);
    const quote = positionOf(chunk, QUOTE, from);
    const backslash = positionOf(chunk.subarray(0, quote), BACKSLASH, from);
    if (!string.mayBeLifted) this.rest += backslash - from;
    if (this.depth === 1) this.name += nameIn(chunk, from, backslash);
    if (backslash < quote) {
      string.isEscaped = true;
      if (!string.mayBeLifted) this.rest += 1;
      return backslash + 1;
    }
    if (quote === chunk.length) return quote;
    this.end(string, this.before + quote);
    return quote + 1;
  }

  private escaped(string: StringState, byte: number | undefined, at: number): number {
    string.isEscaped = false;
    string.hasEscapes = true;
    if (this.depth === 1) this.name = '\\';
    if (!string.mayBeLifted) this.rest += 1;
    else if (byte !== SLASH) {
      string.mayBeLifted = false;
      this.rest += this.before + at + 1 - string.start;
    }
    return at + 1;
  }

  private end({ start, mayBeLifted, hasEscapes }: StringState, end: number): void {
    const length = end - start;
    if (mayBeLifted && length >= LONG) this.ranges.push({ start, end, hasEscapes });
    else if (mayBeLifted) this.rest += length;
    this.rest += 1;
    this.string = null;
  }
}

interface StringState {
  start: number;
  /** It stands where it may, and has no escape that must be decoded. */
  mayBeLifted: boolean;
  hasEscapes: boolean;
  /** The next byte stands behind a backslash. */
  isEscaped: boolean;
}

/** Names are short: of others their beginning is enough to tell them apart. */
const LONGEST_NAME = 32;

function nameIn(chunk: Buffer, from: number, to: number): string {
  return chunk.toString('latin1', from, Math.min(to, from + LONGEST_NAME));
}

/** The end of the bytes where it is not there. */
function positionOf(bytes: Buffer, byte: number, from: number): number {
  const found = bytes.indexOf(byte, from);
  return found === -1 ? bytes.length : found;
}
