import { audited } from '../audited.js';
import { CommandError, UsageError } from '../command-error.js';
import type { Outcome } from '../run-command.js';
import { backup, restore } from './backup/backup-commands.js';
import { assertCopied, copyHistory } from './copy.js';
import { countHistory } from './count-history.js';
import { countOwner, eraseOwner } from './erase.js';
import { argumentsIn, USAGE, type OptionName, type Options } from './options.js';
import { prune } from './prune.js';
import {
  changing,
  isSameStore,
  isThere,
  namedStore,
  nameOf,
  reading,
  writing,
  type NamedStore,
} from './stores.js';
import { told } from './told.js';
import { verifyBackup, verifyStores } from './verify.js';

interface Command {
  /** Besides `json`. */
  readonly takes: readonly OptionName[];
  /** How many files it names. */
  readonly files: readonly number[];
  run(options: Options, file: string | undefined): Promise<Outcome>;
}

const COMMANDS: Record<string, Command> = {
  copy: { takes: ['from', 'to', 'dry-run'], files: [0], run: copy },
  verify: { takes: ['from', 'to'], files: [0, 1], run: verify },
  backup: { takes: ['from', 'dry-run'], files: [1], run: backup },
  restore: { takes: ['to', 'dry-run'], files: [1], run: restore },
  erase: { takes: ['owner', 'from', 'dry-run'], files: [0], run: erase },
  prune: { takes: ['days', 'from', 'dry-run'], files: [0], run: pruneIdle },
};

/** `history copy|verify|backup|restore|erase|prune …`: works on the history past the service. */
export async function historyCommand(args: readonly string[]): Promise<Outcome> {
  const { name, options, files } = argumentsIn(args);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const others = Object.keys(options).filter(
    (option) => option !== 'json' && !command?.takes.some((taken) => taken === option),
  );
  if (!command?.files.includes(files.length) || others.length > 0) throw new UsageError(USAGE);
  return command.run(options, files[0]);
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
  if (options['dry-run']) {
    const counts = await reading(from, async (source) => {
      if (isThere(to)) await writing(to, (target) => assertCopied(source, target));
      return source.transfer.reading(countHistory);
    });
    return { sentence: `Would copy ${told(counts)}`, json: counts };
  }
  const counts = await audited(
    () => reading(from, (source) => writing(to, (target) => copyHistory(source, target))),
    () => ({ action: 'history.copy', owner: null, target: nameOf(to) }),
  );
  return { sentence: `Copied ${told(counts)}`, json: counts };
}

async function verify(options: Options, file: string | undefined): Promise<Outcome> {
  if (file !== undefined) {
    if (options.from !== undefined) throw new UsageError(USAGE);
    return verifyBackup(file, options.to === undefined ? null : namedStore('--to', options.to));
  }
  const { from, to } = twoStores(options);
  return verifyStores(from, to);
}

async function erase({ owner, from, 'dry-run': isDryRun }: Options): Promise<Outcome> {
  if (owner === undefined || owner === '') throw new UsageError(USAGE);
  const named = namedStore('--from', from);
  if (isDryRun) {
    const counts = await reading(named, (store) => countOwner(store, owner));
    return { sentence: `Would erase ${told(counts)}`, json: counts };
  }
  const { counts, remains } = await audited(
    () =>
      changing(named, async (store) => ({
        counts: await eraseOwner(store, owner),
        remains: store.erasure.remains,
      })),
    () => ({ action: 'history.erase', owner, target: nameOf(named) }),
  );
  return {
    sentence: `Erased ${told(counts)}${remains === null ? '' : `; ${remains}`}`,
    json: counts,
  };
}

function pruneIdle({ days, from, 'dry-run': isDryRun = false }: Options): Promise<Outcome> {
  return prune(namedStore('--from', from), { days, isDryRun });
}
