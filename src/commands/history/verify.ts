import type { Outcome } from '../run-command.js';
import { contentsOfBackup } from './backup/backup-contents.js';
import type { Contents } from './digest.js';
import { readContents } from './read-digest.js';
import { nameOf, reading, type NamedStore } from './stores.js';

/** What one of them has. */
interface Verified extends Contents {
  store: string;
}

/** Whether two stores have the same. */
export async function verifyStores(from: NamedStore, to: NamedStore): Promise<Outcome> {
  return compared(await contentsOf(from), await contentsOf(to));
}

/** Whether a backup is whole, and where a store is named, whether it has the same. */
export async function verifyBackup(file: string, to: NamedStore | null): Promise<Outcome> {
  const backup = { store: file, ...(await contentsOfBackup(file)) };
  if (to) return compared(backup, await contentsOf(to));
  return { sentence: 'The backup is whole', json: [backup], lines: [lineOf(backup)] };
}

function compared(a: Verified, b: Verified): Outcome {
  const isSame = a.digest === b.digest;
  return {
    sentence: isSame ? 'Both have the same' : 'They differ',
    json: [a, b],
    lines: [a, b].map(lineOf),
    exitCode: isSame ? 0 : 1,
  };
}

async function contentsOf(named: NamedStore): Promise<Verified> {
  const contents = await reading(named, ({ transfer }) => transfer.reading(readContents));
  return { store: nameOf(named), ...contents };
}

function lineOf({ store, conversations, messages, digest }: Verified): string {
  return [digest, conversations, messages, store].join('\t');
}
