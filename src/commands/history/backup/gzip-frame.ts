import { Buffer } from 'node:buffer';
import { CommandError } from '../../command-error.js';

/** Stands for standard output or input in the place of a file. */
export const STANDARD = '-';

/**
 * The header of every backup: gzip, deflate, without a name, time or system. With it each byte of a file
 * has one value: gzip itself would read a changed time over.
 */
export const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);

/** Of the length at the end, in bytes: that of the content. */
const LENGTH_BYTES = 4;

export function damaged(): CommandError {
  return new CommandError('The file is torn or was changed: it is no whole backup of this service');
}

/** Looks at what gzip does not: the header, and that nothing comes behind the end. */
export class GzipFrame {
  private first = Buffer.alloc(0);
  private last = Buffer.alloc(0);

  async *pass(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of bytes) {
      if (this.first.length < HEADER.length) {
        this.first = Buffer.concat([this.first, chunk.subarray(0, HEADER.length)]);
        const known = this.first.subarray(0, HEADER.length);
        if (!known.equals(HEADER.subarray(0, known.length))) throw damaged();
      }
      this.last = Buffer.concat([this.last, chunk.subarray(-LENGTH_BYTES)]).subarray(-LENGTH_BYTES);
      yield chunk;
    }
  }

  /** @param length of the content that was read */
  assertEnded(length: number): void {
    if (this.last.length < LENGTH_BYTES || this.last.readUInt32LE() !== length % 2 ** 32)
      throw damaged();
  }
}
