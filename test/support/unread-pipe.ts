import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A pipe with a name that is read only when a test says so; it holds 64 KiB until then. */
export class UnreadPipe {
  private readonly folder = mkdtempSync(join(tmpdir(), 'pipe-'));
  readonly path = join(this.folder, 'pipe');
  /** For a process to write to: it waits for the reader, as a shell's pipe does. */
  readonly writer: number;
  private readonly reader: number;

  constructor() {
    execFileSync('mkfifo', [this.path]);
    this.reader = openSync(this.path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.writer = openSync(this.path, 'w');
  }

  /** What is in it now. */
  read(): string {
    const chunks: Buffer[] = [];
    const chunk = Buffer.alloc(65_536);
    for (;;) {
      const size = this.readOnce(chunk);
      if (size === 0) return Buffer.concat(chunks).toString();
      chunks.push(Buffer.from(chunk.subarray(0, size)));
    }
  }

  remove(): void {
    closeSync(this.reader);
    closeSync(this.writer);
    rmSync(this.folder, { recursive: true });
  }

  private readOnce(chunk: Buffer): number {
    try {
      return readSync(this.reader, chunk);
    } catch {
      return 0;
    }
  }
}
