import { Disk, type Guard } from '../../../src/store/file/disk.js';
import type { FilePart } from '../../../src/store/file/file-reads.js';
import type { Rewrite } from '../../../src/store/file/rewrite.js';

/** How much the store reads, to parse it, and encodes. */
export class Measure {
  /** Bytes that were read in one piece, at most. */
  largestRead = 0;
  bytesRead = 0;
  bytesEncoded = 0;
  /** Length of the longest text that was encoded in one piece. */
  largestText = 0;

  reset(): void {
    Object.assign(this, new Measure());
  }

  guardedBy(guard: Guard): Disk {
    return new MeasuringDisk(guard, this);
  }

  encoded(length: number): void {
    this.largestText = Math.max(this.largestText, length);
    this.bytesEncoded += length;
  }

  read(bytes: number): void {
    this.largestRead = Math.max(this.largestRead, bytes);
    this.bytesRead += bytes;
  }
}

class MeasuringDisk extends Disk {
  constructor(
    guard: Guard,
    private readonly measure: Measure,
  ) {
    super(guard);
  }

  override async read(path: string): Promise<string | null> {
    const text = await super.read(path);
    this.measure.read(text?.length ?? 0);
    return text;
  }

  override async readPart(path: string, start: number, end: number): Promise<FilePart | null> {
    const part = await super.readPart(path, start, end);
    this.measure.read(part?.bytes.length ?? 0);
    return part;
  }

  override async replace(
    path: string,
    content: string | Rewrite,
    options: { durable?: boolean } = {},
  ): Promise<string> {
    if (typeof content === 'string') this.measure.encoded(content.length);
    else if ('reduce' in content.parts) {
      for (const part of content.parts)
        if (typeof part === 'string') this.measure.encoded(part.length);
    } else content = { ...content, parts: this.measured(content.parts) };
    return super.replace(path, content, options);
  }

  private async *measured(parts: AsyncIterable<string>): AsyncGenerator<string> {
    for await (const part of parts) {
      this.measure.encoded(part.length);
      yield part;
    }
  }
}
