const FIRST_CAPACITY = 4 * 1024;
/** Memory that stays allocated for the next text. */
const MOST_RESERVED = 64 * 1024;

/**
 * Bytes that are joined as they come. Holding the pieces would cost a hundred bytes each, where the
 * other side may send a piece for each byte, and leave holes in the process's memory.
 */
export class ByteBuffer {
  private bytes: Buffer = Buffer.alloc(0);
  private used = 0;

  get length(): number {
    return this.used;
  }

  append(piece: Buffer): void {
    const length = this.used + piece.length;
    if (length > this.bytes.length) this.grow(length);
    piece.copy(this.bytes, this.used);
    this.used = length;
  }

  /** All bytes, not copied: to be used before more are appended. */
  view(): Buffer {
    return this.bytes.subarray(0, this.used);
  }

  /** All bytes as UTF-8 text; the buffer is empty afterwards. */
  take(): string {
    const text = this.bytes.toString('utf8', 0, this.used);
    this.used = 0;
    if (this.bytes.length > MOST_RESERVED) this.bytes = Buffer.alloc(0);
    return text;
  }

  private grow(length: number): void {
    const bytes = Buffer.allocUnsafe(Math.max(FIRST_CAPACITY, length, this.bytes.length * 2));
    this.bytes.copy(bytes, 0, 0, this.used);
    this.bytes = bytes;
  }
}
