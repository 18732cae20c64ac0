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

import type { Logger } from '../logger.js';
import { systemCode } from '../../common/errors/system-code.js';
import type { LogSink } from './log-sink.js';
import { PatientSink } from './patient-sink.js';

const { O_APPEND, O_CREAT, O_NONBLOCK, O_RDWR, O_WRONLY } = constants;

/** `LOG_FILE` cannot be written at the start. */
export class LogFileError extends Error {
  readonly problems: readonly string[];

  constructor(code: string) {
    const problem = `LOG_FILE: expected a file that can be written (${code})`;
    super(problem);
    this.name = 'LogFileError';
    this.problems = [problem];
  }
}

/**
 * A file that is appended to, line by line and at once. It may be rotated either way: moved, then
 * the next line opens a new one at the path; or truncated, since appending goes to the new end.
 * While it cannot be written (a full disk), lines are left out and the service goes on. It may be a
 * pipe with a name: then its reader is not waited for.
 */
export class LogFile implements LogSink {
  private fd: number;
  /** Takes the lines where it is no file but a pipe or a device. */
  private slow: PatientSink | null;
  private missed = 0;
  private torn = false;
  private readonly path: string;
  private readonly trouble: Logger;

  /**
   * Opens the file, and makes its folder.
   *
   * @param trouble - told when the file cannot be written, and when it can again
   * @throws {@link LogFileError}
   */
  constructor(path: string, trouble: Logger) {
    this.path = path;
    this.trouble = trouble;
    try {
      this.fd = this.open();
    } catch (error) {
      throw new LogFileError(systemCode(error) ?? 'unknown');
    }
    this.slow = this.sinkOf(this.fd);
  }

  write(line: string): void {
    try {
      if (this.wasMoved()) this.reopen();
      if (this.slow) this.slow.write(line);
      else this.append(line);
      if (this.missed > 0) this.tellRecovery(this.missed);
    } catch (error) {
      this.missed += 1;
      if (this.missed > 1) return;
      this.trouble.error('LOG_FILE cannot be written; the console has every line', {
        code: systemCode(error) ?? 'unknown',
      });
    }
  }

  /** Lets go of a file that was moved away and opens the one at the path, or makes it. */
  reopen(): void {
    // What waits for the reader of a pipe would be lost with it.
    if (this.slow && !this.wasMoved()) return;
    const opened = this.open();
    this.close();
    this.fd = opened;
    this.slow = this.sinkOf(opened);
    this.torn = false;
  }

  close(): void {
    this.slow?.close();
    closeSync(this.fd);
  }

  /** Logs are for their owner's eyes: what we make is private, what an older release made becomes so. */
  private open(): number {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    const there = statSync(this.path, { throwIfNoEntry: false });
    // Opened for writing alone, a pipe would wait for its reader.
    if (there?.isFIFO()) return openSync(this.path, O_RDWR | O_NONBLOCK);
    const fd = openSync(this.path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o600);
    makePrivate(fd);
    return fd;
  }

  private sinkOf(fd: number): PatientSink | null {
    if (fstatSync(fd).isFile()) return null;
    return new PatientSink(fd, (missed) => this.tellRecovery(missed));
  }

  /** Asked before each line: no timer, and no line goes to a file that is rotated already. */
  private wasMoved(): boolean {
    const there = statSync(this.path, { bigint: true, throwIfNoEntry: false });
    if (!there) return true;
    const ours = fstatSync(this.fd, { bigint: true });
    return there.ino !== ours.ino || there.dev !== ours.dev;
  }

  private append(line: string): void {
    let rest = Buffer.from(this.torn ? `\n${line}` : line);
    while (rest.length > 0) {
      const written = writeSync(this.fd, rest);
      rest = rest.subarray(written);
      this.torn = rest.length > 0;
    }
  }

  private tellRecovery(missed: number): void {
    this.missed = 0;
    this.trouble.warn('LOG_FILE is written again', { missed });
  }
}

function makePrivate(fd: number): void {
  const { mode, uid } = fstatSync(fd);
  const isFileOfOurs =
    (mode & constants.S_IFMT) === constants.S_IFREG && uid === process.getuid?.();
  if (isFileOfOurs && (mode & 0o007) !== 0) fchmodSync(fd, 0o600);
}
