import { AppError } from '../common/errors/app-error.js';
import { SettingsError } from '../config/load-settings.js';
import { LogFileError } from '../observability/sinks/log-file.js';
import { StoreStartError } from '../store/store.js';
import { CommandError, UsageError } from './command-error.js';
import { asksForHelp, helped } from './help.js';
import { endWith, notWritten, READER_GONE, writeLines, type Ending } from './output.js';

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
  /** Takes back what nobody can use who has not read the result; the end of a sentence that says so. */
  readonly takeBack?: () => Promise<string>;
}

/**
 * Runs a command to its end: results on stdout, one sentence on stderr, exit code 0 done, 1 could not, 2
 * wrong use. Never a stack.
 *
 * @param help the lines for `--help`
 */
export async function runCommand(
  args: readonly string[],
  help: readonly string[],
  command: (args: readonly string[]) => Promise<Outcome>,
): Promise<void> {
  // A driver may fail beside the call that it was asked with.
  process.on('uncaughtException', (error) => {
    endWith({ sentence: sentenceOf(error), exitCode: 1 });
    process.exit();
  });
  try {
    if (asksForHelp(args)) endWith(await helped(help));
    else endWith(await shown(await command(args), args.includes('--json')));
  } catch (error) {
    endWith({ sentence: sentenceOf(error), exitCode: error instanceof UsageError ? 2 : 1 });
  }
}

/** Nothing is said to be done before its result is written. */
async function shown(outcome: Outcome, isJson: boolean): Promise<Ending> {
  const { sentence, json, lines = [], exitCode = 0, takeBack } = outcome;
  const failure = await writeLines(isJson ? [JSON.stringify(json)] : lines);
  if (failure === null) return { sentence, exitCode };
  if (takeBack) return { sentence: `${notWritten(failure)}, ${await takeBack()}`, exitCode: 1 };
  // A reader that has closed the pipe has read enough.
  if (failure === READER_GONE) return { sentence, exitCode };
  return { sentence: `${notWritten(failure)}; the rest is done: ${sentence}`, exitCode: 1 };
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
