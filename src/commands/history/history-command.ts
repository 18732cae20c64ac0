import { parseArgs } from 'node:util';
import { CommandError, UsageError } from '../command-error.js';
import type { Outcome } from '../run-command.js';
import { copyHistory, type Counts } from './copy.js';
import { isSameStore, namedStore, reading, writing, type NamedStore } from './stores.js';
import { verifyStores } from './verify.js';

const USAGE =
  'Usage: copy --from A --to B, or verify --from A --to B, each with --json where a script reads it; ' +
  'A and B are env:NAME, file:PATH, sqlite:PATH, postgres://… or mongodb://…, by default the configured one';

const OPTIONS = {
  from: { type: 'string' },
  to: { type: 'string' },
  json: { type: 'boolean' },
} as const;

type Options = ReturnType<typeof parsed>['values'];

const COMMANDS: Record<string, (options: Options) => Promise<Outcome>> = {
  copy,
  verify,
};

/** `history copy|verify …`: moves the history, past the service. */
export async function historyCommand(args: readonly string[]): Promise<Outcome> {
  const { values, positionals } = parsed(args);
  const [name = '', ...others] = positionals;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command || others.length > 0) throw new UsageError(USAGE);
  return command(values);
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
  } catch {
    // What the parser says quotes arguments, which may have a password.
    throw new UsageError(USAGE);
  }
}

function twoStores({ from, to }: Options): { from: NamedStore; to: NamedStore } {
  if (from === undefined && to === undefined) throw new UsageError(USAGE);
  const stores = { from: namedStore('--from', from), to: namedStore('--to', to) };
  if (isSameStore(stores.from, stores.to))
    throw new CommandError('--from and --to name the same store');
  return stores;
}

async function copy(options: Options): Promise<Outcome> {
  const { from, to } = twoStores(options);
  const counts = await reading(from, (source) =>
    writing(to, (target) => copyHistory(source, target)),
  );
  return { sentence: `Copied ${told(counts)}`, json: counts };
}

async function verify(options: Options): Promise<Outcome> {
  const { from, to } = twoStores(options);
  return verifyStores(from, to);
}

function told({ conversations, messages }: Counts): string {
  return `${plural(conversations, 'conversation')} with ${plural(messages, 'message')}`;
}

function plural(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
