import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

import type { AppLogger } from '../app-logger.js';
import { systemCode } from '../../common/errors/system-code.js';
import type { LogSink } from './log-sink.js';
import { BufferedSink } from './buffered-sink.js';

const { O_APPEND, O_CREAT, O_NONBLOCK, O_RDWR, O_WRONLY } = constants;

/** `LOG_FILE` or `AUDIT_FILE` cannot be written at the start. */
export class LogFileError extends Error {
  readonly problems: readonly string[];

  constructor(name: string, code: string) {
    const problem = `${name}: expected a file that can be written (${code})`;
    super(problem);
    this.name = 'LogFileError';
    this.problems = [problem];
  }
}

/** Which file it is, for the log. */
export interface NamedLogFile {
  /** The variable that names it. */
  readonly name: string;
  /** What becomes of lines while it cannot be written. */
  readonly otherwise: string;
  /** Rights as of `chmod`: a file that gives one of them is made private to its owner. */
  readonly refusedRights: number;
}

/** What an operator gave a group, as for a shipper of logs, stays. */
const LOG: NamedLogFile = {
  name: 'LOG_FILE',
  otherwise: 'the console has every line',
  refusedRights: 0o007,
};

/**
 * A file that is appended to, line by line and at once. It may be rotated either way: moved, then
 * the next line opens a new one at the path; or truncated, since appending goes to the new end.
 * While it cannot be written (a full disk), lines are dropped and the service continues. It may be
 * a named pipe: then the service does not wait for its reader.
 */
export class LogFile implements LogSink {
  private fd: number;
  /** Takes the lines where the path is a pipe or a device. */
  private buffered: BufferedSink | null;
  private missed = 0;
  private torn = false;
  private readonly path: string;
  private readonly fallback: AppLogger;

  /**
   * Opens the file, and makes its folder.
   *
   * @param fallback - logs that the file cannot be written, and that it can be again
   * @throws {@link LogFileError}
   */
  constructor(
    path: string,
    fallback: AppLogger,
    private readonly named: NamedLogFile = LOG,
  ) {
    this.path = path;
    this.fallback = fallback;
    try {
      this.fd = this.open();
    } catch (error) {
      throw new LogFileError(named.name, systemCode(error) ?? 'unknown');
    }
    this.buffered = this.sinkOf(this.fd);
  }

  write(line: string): void {
    try {
      if (this.wasMoved()) this.reopen();
      if (this.buffered) this.buffered.write(line);
      else this.append(line);
      if (this.missed > 0) this.logRecovery(this.missed);
    } catch (error) {
      this.missed += 1;
      if (this.missed > 1) return;
      const { name, otherwise } = this.named;
      this.fallback.error(`${name} cannot be written; ${otherwise}`, {
        code: systemCode(error) ?? 'unknown',
      });
    }
  }

  /** Closes a moved file and opens or creates the file at the path. */
  reopen(): void {
    // Buffered lines for a pipe would be lost with it.
    if (this.buffered && !this.wasMoved()) return;
    const opened = this.open();
    this.close();
    this.fd = opened;
    this.buffered = this.sinkOf(opened);
    this.torn = false;
  }

  close(): void {
    this.buffered?.close();
    closeSync(this.fd);
  }

  /** Logs are for their owner only: new files are private, those of older releases become so. */
  private open(): number {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    const there = statSync(this.path, { throwIfNoEntry: false });
    // Opened for writing alone, a pipe would wait for its reader.
    if (there?.isFIFO()) return openSync(this.path, O_RDWR | O_NONBLOCK);
    const fd = openSync(this.path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o600);
    makePrivate(fd, this.named.refusedRights);
    return fd;
  }

  private sinkOf(fd: number): BufferedSink | null {
    if (fstatSync(fd).isFile()) return null;
    return new BufferedSink(fd, (missed) => this.logRecovery(missed));
  }

  /** Checked before each line: no timer is needed, and no line is written to a rotated file. */
  private wasMoved(): boolean {
    const there = statSync(this.path, { bigint: true, throwIfNoEntry: false });
    if (!there) return true;
    const open = fstatSync(this.fd, { bigint: true });
    return there.ino !== open.ino || there.dev !== open.dev;
  }

  private append(line: string): void {
    let rest = Buffer.from(this.torn ? `\n${line}` : line);
    while (rest.length > 0) {
      const written = writeSync(this.fd, rest);
      rest = rest.subarray(written);
      this.torn = rest.length > 0;
    }
  }

  private logRecovery(missed: number): void {
    this.missed = 0;
    this.fallback.warn(`${this.named.name} is written again`, { missed });
  }
}

function makePrivate(fd: number, refusedRights: number): void {
  const { mode, uid } = fstatSync(fd);
  const isOwnFile = (mode & constants.S_IFMT) === constants.S_IFREG && uid === process.getuid?.();
  if (isOwnFile && (mode & refusedRights) !== 0) fchmodSync(fd, 0o600);
}
