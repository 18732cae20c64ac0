import { writeSync } from 'node:fs';

import { systemCode } from '../../common/errors/system-code.js';
import type { LogSink } from './log-sink.js';

/** Characters kept for a reader that takes nothing; lines beyond it are dropped and counted. */
const MAX_BACKLOG = 1_048_576;
/** Pipes take as much as one piece or not at all, so that lines of several processes stay whole. */
const ATOMIC = 4096;
/** Between tries to write what is kept: twice as long each time. */
const FIRST_PAUSE_MS = 10;
const LAST_PAUSE_MS = 1_000;
/** At an exit a reader that takes nothing is waited for so long. */
const EXIT_PATIENCE_MS = 500;
const EXIT_PAUSE_MS = 5;

/** Sinks with lines that still wait when the process exits. */
const behind = new Set<PatientSink>();
let exiting = false;
process.on('exit', () => {
  exiting = true;
  for (const sink of behind) sink.finish();
});

/**
 * Writes at once where its reader takes it, and never waits for one that does not: a pipe that
 * nobody reads must not stop the service. Such lines are kept up to a bound, then dropped; once all
 * that was kept is written, `onRecovered` gets the number of lines that are missing there.
 *
 * The descriptor must not be a blocking one: see `nonBlocking`.
 */
export class PatientSink implements LogSink {
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
    const left = this.isBehind() ? lines : this.put(lines);
    if (left === '' && !this.isBehind()) return;
    this.keep(left);
    if (exiting) this.finish();
    else this.tryLater();
  }

  /** Lets go of the descriptor, and of what still waits for its reader. */
  close(): void {
    this.backlog = '';
    this.torn = null;
    if (this.timer) clearTimeout(this.timer);
    behind.delete(this);
  }

  /** Waits for the reader, as long as it takes something: the process is about to end. */
  finish(): void {
    let patience = EXIT_PATIENCE_MS;
    while (this.isBehind() && patience > 0) {
      if (this.catchUp()) patience = EXIT_PATIENCE_MS;
      else patience -= this.fault === 'EAGAIN' ? EXIT_PAUSE_MS : patience;
      if (this.isBehind()) sleep(EXIT_PAUSE_MS);
    }
    behind.delete(this);
  }

  private isBehind(): boolean {
    return this.backlog !== '' || this.torn !== null;
  }

  /** Once a line is dropped, so are all until the reader is back: one gap instead of many. */
  private keep(lines: string): void {
    const room = this.missed > 0 ? 0 : MAX_BACKLOG - this.backlog.length;
    const fits = lines.length <= room ? lines.length : lines.lastIndexOf('\n', room - 1) + 1;
    this.backlog += lines.slice(0, fits);
    for (let at = lines.indexOf('\n', fits); at >= 0; at = lines.indexOf('\n', at + 1))
      this.missed += 1;
  }

  private tryLater(): void {
    if (this.timer) return;
    behind.add(this);
    this.timer = setTimeout(() => {
      this.timer = null;
      this.pauseMs = this.catchUp() ? FIRST_PAUSE_MS : Math.min(2 * this.pauseMs, LAST_PAUSE_MS);
      if (this.isBehind()) this.tryLater();
      else behind.delete(this);
    }, this.pauseMs);
    this.timer.unref();
  }

  /** Writes of what is kept as much as is taken; whether that was anything. */
  private catchUp(): boolean {
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
      this.mend();
      while (left !== '' && this.torn === null) {
        const piece = left.length <= ATOMIC ? left : left.slice(0, endOfPiece(left));
        const written = writeSync(this.fd, piece);
        left = left.slice(piece.length);
        this.tear(piece, written);
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

  private tear(piece: string, written: number): void {
    if (written < piece.length || written < Buffer.byteLength(piece))
      this.torn = Buffer.from(piece).subarray(written);
  }

  private mend(): void {
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
