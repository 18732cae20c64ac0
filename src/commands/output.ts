import { systemCode } from '../common/errors/system-code.js';

/** How a command ends. */
export interface Ending {
  /** One sentence for a person, on standard error; null where there is nothing to say. */
  readonly sentence: string | null;
  readonly exitCode: 0 | 1 | 2;
}

/** What a write to a pipe says whose reader has closed it, as `head` does. */
export const READER_GONE = 'EPIPE';

/**
 * Writes lines to standard output, and waits until the system has taken them. The code of the failure
 * (`ENOSPC`) where it has not; null where it has.
 */
export function writeLines(lines: readonly string[]): Promise<string | null> {
  if (lines.length === 0) return Promise.resolve(null);
  return new Promise((resolve) => {
    // The failure comes to both; unheard, it would end the process.
    process.stdout.on('error', () => undefined);
    process.stdout.write(`${lines.join('\n')}\n`, (error) =>
      resolve(error ? (systemCode(error) ?? 'unknown') : null),
    );
  });
}

export function notWritten(code: string): string {
  return `Standard output cannot be written (${code})`;
}

/** Says how it ended. Where nobody reads that, the exit code still tells it. */
export function endWith({ sentence, exitCode }: Ending): void {
  process.exitCode = exitCode;
  if (sentence === null) return;
  process.stderr.on('error', () => undefined);
  process.stderr.write(`${sentence}\n`);
}
