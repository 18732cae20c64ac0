import { parseArgs } from 'node:util';
import { UsageError } from '../command-error.js';

/** For `--help`. */
export const HELP = [
  'Usage: node dist/src/history.js COMMAND',
  '  copy --from A --to B [--dry-run]',
  '  verify --from A --to B',
  '  verify FILE [--to B]',
  '  backup FILE [--from A] [--dry-run]',
  '  restore FILE [--to B] [--dry-run]',
  '  erase --owner O [--from A] [--dry-run]',
  '  prune [--days N] [--from A] [--dry-run]',
  '  each with --json where a script reads it',
  'A and B are env:NAME, file:PATH, sqlite:PATH, postgres://… or mongodb://…,',
  'by default the configured store. FILE may be - for standard output and input.',
];

/** For wrong use, in one sentence. */
export const USAGE =
  'Usage: copy, verify, backup, restore, erase or prune, with the arguments that --help shows';

const OPTIONS = {
  from: { type: 'string' },
  to: { type: 'string' },
  owner: { type: 'string' },
  days: { type: 'string' },
  'dry-run': { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

export type Options = ReturnType<typeof parsed>['values'];
export type OptionName = keyof typeof OPTIONS;

export interface Arguments {
  name: string;
  options: Options;
  files: string[];
}

/** What the arguments say, before it is known whether the command takes them. */
export function argumentsIn(args: readonly string[]): Arguments {
  const { values, positionals } = parsed(args);
  const [name = '', ...files] = positionals;
  return { name, options: values, files };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
  } catch {
    // What the parser says quotes arguments, which may have a password.
    throw new UsageError(USAGE);
  }
}
