import { AppError } from '../common/errors/app-error.js';
import { SettingsError } from '../config/load-settings.js';
import { LogFileError } from '../observability/sinks/log-file.js';
import { StoreStartError } from '../store/store.js';
import { CommandError, UsageError } from './command-error.js';

/** What a command has done. */
export interface Outcome {
  /** One sentence for a person. */
  readonly sentence: string;
  /** The one value that a script wants. */
  readonly json: unknown;
  /** The same as lines, where it is not asked for as JSON. */
  readonly lines?: readonly string[];
  /** 1 where what was asked is not so. */
  readonly exitCode?: 0 | 1;
}

/**
 * Runs a command to its end: results on stdout, one sentence on stderr, exit code 0 done, 1 could not, 2
 * wrong use. Never a stack.
 */
export async function runCommand(
  args: readonly string[],
  command: (args: readonly string[]) => Promise<Outcome>,
): Promise<void> {
  // A driver may fail beside the call that it was asked with.
  process.on('uncaughtException', (error) => {
    process.stderr.write(`${sentenceOf(error)}\n`);
    process.exit(1);
  });
  try {
    const { sentence, json, lines = [], exitCode = 0 } = await command(args);
    const written = args.includes('--json') ? [JSON.stringify(json)] : lines;
    for (const line of written) process.stdout.write(`${line}\n`);
    process.stderr.write(`${sentence}\n`);
    process.exitCode = exitCode;
  } catch (error) {
    process.stderr.write(`${sentenceOf(error)}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

function sentenceOf(error: unknown): string {
  const isTold =
    error instanceof CommandError ||
    error instanceof SettingsError ||
    error instanceof StoreStartError ||
    error instanceof LogFileError ||
    error instanceof AppError;
  return isTold ? error.message : 'The command failed by a fault of its own';
}
