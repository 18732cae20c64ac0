import { writeSync } from 'node:fs';

import { systemCode } from '../../common/errors/system-code.js';
import type { LogSink } from './log-sink.js';

/**
 * Characters that are buffered for a reader that does not read; further lines are dropped and
 * counted.
 */
const MAX_BACKLOG = 1_048_576;
/**
 * A pipe accepts this many bytes as a whole or not at all, so that lines of several processes are
 * not mixed.
 */
const ATOMIC = 4096;
/** Pause before the buffer is written again; doubled each time. */
const FIRST_PAUSE_MS = 10;
const LAST_PAUSE_MS = 1_000;
/** The longest wait at an exit for a reader that does not read. */
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
 * Writes at once if possible, and never waits for the reader: a pipe without a reader must not stop
 * the service. Lines are buffered up to a limit, then dropped; when the buffer is written,
 * `onRecovered` gets the number of dropped lines.
 *
 * The descriptor must not be a blocking one: see `nonBlocking`.
 */
export class BufferedSink implements LogSink {
  private backlog = '';
  /** The rest of a line of which a part is written. */
  private torn: Buffer | null = null;
  private missed = 0;
  private pauseMs = FIRST_PAUSE_MS;
  /** Why nothing can be written at the moment. */
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

  /** Waits for the reader while it reads, because the process is about to end. */
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

  /**
   * After a dropped line all lines are dropped until the reader reads again: one gap instead of
   * many.
   */
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

  /** Writes as much of the backlog as possible; returns whether anything was written. */
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

  /** Writes as many whole lines as possible; returns the rest. */
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
      // EAGAIN: the reader is slow. EPIPE: it has closed the pipe and may reopen it.
      this.fault = systemCode(error) ?? 'unknown';
      if (this.fault === 'EBADF') return this.giveUp();
    }
    return left;
  }

  /** The descriptor is closed; its number may later belong to another file. */
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
