import { notWritten, READER_GONE, writeLines, type Ending } from './output.js';

/** Whether there is a `--help` or `-h` before what `--` makes mere names. */
export function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const options = end === -1 ? args : args.slice(0, end);
  return options.some((option) => option === '--help' || option === '-h');
}

/** Shows how a command is used, on standard output; no settings are needed for that. */
export async function helped(lines: readonly string[]): Promise<Ending> {
  const failure = await writeLines(lines);
  if (failure === null || failure === READER_GONE) return { sentence: null, exitCode: 0 };
  return { sentence: notWritten(failure), exitCode: 1 };
}
