import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { IMAGE_PIECE_BYTES } from '../../domain/image.js';

/** Characters that are checked at once, in about a millisecond; a multiple of four. */
const SLICE = (IMAGE_PIECE_BYTES / 3) * 4;

/** A text that may be base64. It is decoded in pieces: nothing as large as an image is made of it. */
export class Base64Text {
  /** @param text a string, or the bytes of one in an encoding that has ASCII's characters in one byte */
  constructor(private readonly text: string | Buffer) {}

  /** How many bytes it gives if it is base64. */
  get bytes(): number {
    const { length } = this.text;
    const end = this.slice(length - 2, length);
    const padding = end === '==' ? 2 : end.endsWith('=') ? 1 : 0;
    return Math.max(0, (length / 4) * 3 - padding);
  }

  /**
   * The SHA-256 of its bytes in hexadecimal digits; null unless it is canonical base64, which any encoder
   * gives: the standard alphabet, padded, without white space and stray bits. Other work can be done
   * between two slices.
   */
  async sha256(): Promise<string | null> {
    const { length } = this.text;
    if (length === 0 || length % 4 !== 0) return null;
    const hash = createHash('sha256');
    for (let at = 0; at < length; at += SLICE) {
      if (at > 0) await nextTurn();
      const slice = this.slice(at, at + SLICE);
      const piece = Buffer.from(slice, 'base64');
      // Node takes any text for base64; the same text comes back only from base64.
      if (piece.toString('base64') !== slice) return null;
      if (at + SLICE < length && slice.endsWith('=')) return null;
      hash.update(piece);
    }
    return hash.digest('hex');
  }

  /** The bytes from `start` up to `end`, as far as there are any; for base64 only. */
  read(start: number, end: number): Buffer {
    const from = Math.floor(start / 3);
    const text = this.slice(from * 4, Math.ceil(end / 3) * 4);
    return Buffer.from(text, 'base64').subarray(start - from * 3, end - from * 3);
  }

  /** All bytes, in pieces of `IMAGE_PIECE_BYTES`; for base64 only. */
  *pieces(): Iterable<Buffer> {
    for (let at = 0; at < this.text.length; at += SLICE)
      yield Buffer.from(this.slice(at, at + SLICE), 'base64');
  }

  private slice(start: number, end: number): string {
    const from = Math.max(0, start);
    const { text } = this;
    return typeof text === 'string' ? text.slice(from, end) : text.toString('latin1', from, end);
  }
}
