import { writeSync } from 'node:fs';

import { systemCode } from '../../common/errors/system-code.js';
import type { LogSink } from './log-sink.js';

/** Characters buffered for a reader that takes nothing; lines beyond it are dropped and counted. */
const MAX_BACKLOG = 1_048_576;
/** Pipes take as much as one piece or not at all, so that lines of several processes stay whole. */
const ATOMIC = 4096;
/** Between tries to write what is buffered: twice as long each time. */
const FIRST_PAUSE_MS = 10;
const LAST_PAUSE_MS = 1_000;
/** The longest wait at an exit for a reader that takes nothing. */
const EXIT_TIMEOUT_MS = 500;
const EXIT_PAUSE_MS = 5;

/** Sinks with lines that still wait when the process exits. */
const unfinished = new Set<BufferedSink>();
let exiting = false;
process.on('exit', () => {
  exiting = true;
  for (const sink of unfinished) sink.flush();
});

/**
 * Writes at once where the reader takes it, and never waits for one that does not: a pipe without a
 * reader must not stop the service. Lines are buffered up to a bound, then dropped; once the buffer is
 * written, `onRecovered` gets the number of lines that are missing.
 *
 * The descriptor must not be a blocking one: see `nonBlocking`.
 */
export class BufferedSink implements LogSink {
  private backlog = '';
  /** The rest of a line of which a part is written. */
  private torn: Buffer | null = null;
  private missed = 0;
  private pauseMs = FIRST_PAUSE_MS;
  /** Why nothing is taken just now. */
  private fault = '';
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly fd: number,
    private readonly onRecovered: (missed: number) => void,
  ) {}

  write(lines: string): void {
    const left = this.hasBacklog() ? lines : this.put(lines);
    if (left === '' && !this.hasBacklog()) return;
    this.buffer(left);
    if (exiting) this.flush();
    else this.retryLater();
  }

  /** Drops the buffer; the descriptor is no longer used. */
  close(): void {
    this.backlog = '';
    this.torn = null;
    if (this.timer) clearTimeout(this.timer);
    unfinished.delete(this);
  }

  /** Waits for the reader as long as it takes something: the process is about to end. */
  flush(): void {
    let msLeft = EXIT_TIMEOUT_MS;
    while (this.hasBacklog() && msLeft > 0) {
      if (this.writeBacklog()) msLeft = EXIT_TIMEOUT_MS;
      else msLeft -= this.fault === 'EAGAIN' ? EXIT_PAUSE_MS : msLeft;
      if (this.hasBacklog()) sleep(EXIT_PAUSE_MS);
    }
    unfinished.delete(this);
  }

  private hasBacklog(): boolean {
    return this.backlog !== '' || this.torn !== null;
  }

  /** Once a line is dropped, so are all until the reader is back: one gap instead of many. */
  private buffer(lines: string): void {
    const room = this.missed > 0 ? 0 : MAX_BACKLOG - this.backlog.length;
    const fits = lines.length <= room ? lines.length : lines.lastIndexOf('\n', room - 1) + 1;
    this.backlog += lines.slice(0, fits);
    for (let at = lines.indexOf('\n', fits); at >= 0; at = lines.indexOf('\n', at + 1))
      this.missed += 1;
  }

  private retryLater(): void {
    if (this.timer) return;
    unfinished.add(this);
    this.timer = setTimeout(() => {
      this.timer = null;
      this.pauseMs = this.writeBacklog()
        ? FIRST_PAUSE_MS
        : Math.min(2 * this.pauseMs, LAST_PAUSE_MS);
      if (this.hasBacklog()) this.retryLater();
      else unfinished.delete(this);
    }, this.pauseMs);
    this.timer.unref();
  }

  /** Writes as much of the backlog as is taken; whether that was anything. */
  private writeBacklog(): boolean {
    const before = this.backlog.length + (this.torn?.length ?? 0);
    this.backlog = this.put(this.backlog);
    const after = this.backlog.length + (this.torn?.length ?? 0);
    if (after === 0 && this.missed > 0) {
      const missed = this.missed;
      this.missed = 0;
      this.onRecovered(missed);
    }
    return after < before;
  }

  /** Writes what is taken at once, in whole lines; what is left. */
  private put(lines: string): string {
    let left = lines;
    try {
      this.writeTorn();
      while (left !== '' && this.torn === null) {
        const piece = left.length <= ATOMIC ? left : left.slice(0, endOfPiece(left));
        const written = writeSync(this.fd, piece);
        left = left.slice(piece.length);
        this.noteTorn(piece, written);
      }
    } catch (error) {
      // EAGAIN of a reader that is slow, EPIPE of one that went away and may come back.
      this.fault = systemCode(error) ?? 'unknown';
      if (this.fault === 'EBADF') return this.giveUp();
    }
    return left;
  }

  /** The descriptor is closed, and its number may be another file's tomorrow. */
  private giveUp(): string {
    this.close();
    return '';
  }

  private noteTorn(piece: string, written: number): void {
    if (written < piece.length || written < Buffer.byteLength(piece))
      this.torn = Buffer.from(piece).subarray(written);
  }

  private writeTorn(): void {
    while (this.torn !== null) {
      const written = writeSync(this.fd, this.torn);
      this.torn = written < this.torn.length ? this.torn.subarray(written) : null;
    }
  }
}

/** As many whole lines as are one piece for a pipe, or one line that is longer. */
function endOfPiece(lines: string): number {
  const end = lines.lastIndexOf('\n', ATOMIC - 1) + 1;
  return end > 0 ? end : lines.indexOf('\n') + 1 || lines.length;
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
