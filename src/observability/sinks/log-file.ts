import { closeSync, fstatSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

import type { Logger } from '../logger.js';
import type { LogSink } from './log-sink.js';

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
 * While it cannot be written (a full disk), lines are left out and the service goes on.
 */
export class LogFile implements LogSink {
  private fd: number;
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
      throw new LogFileError(codeOf(error));
    }
  }

  write(line: string): void {
    try {
      if (this.wasMoved()) this.reopen();
      this.append(line);
      this.tellRecovery();
    } catch (error) {
      this.missed += 1;
      if (this.missed > 1) return;
      this.trouble.error('LOG_FILE cannot be written; the console has every line', {
        code: codeOf(error),
      });
    }
  }

  /** Lets go of a file that was moved away and opens the one at the path, or makes it. */
  reopen(): void {
    const opened = this.open();
    closeSync(this.fd);
    this.fd = opened;
    this.torn = false;
  }

  close(): void {
    closeSync(this.fd);
  }

  private open(): number {
    mkdirSync(dirname(this.path), { recursive: true });
    return openSync(this.path, 'a');
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

  private tellRecovery(): void {
    if (this.missed === 0) return;
    const missed = this.missed;
    this.missed = 0;
    this.trouble.warn('LOG_FILE is written again', { missed });
  }
}

function codeOf(error: unknown): string {
  const named = typeof error === 'object' && error !== null && 'code' in error;
  return named && typeof error.code === 'string' ? error.code : 'unknown';
}
