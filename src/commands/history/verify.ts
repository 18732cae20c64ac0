import type { Outcome } from '../run-command.js';
import type { Contents } from './digest.js';
import { readContents } from './read-digest.js';
import { nameOf, reading, type NamedStore } from './stores.js';

/** What one of them has. */
interface Verified extends Contents {
  store: string;
}

/** Whether two stores have the same. */
export async function verifyStores(from: NamedStore, to: NamedStore): Promise<Outcome> {
  const verified = [await contentsOf(from), await contentsOf(to)];
  const [a, b] = verified;
  const isSame = a?.digest === b?.digest;
  return {
    sentence: isSame ? 'Both stores have the same' : 'The stores differ',
    json: verified,
    lines: verified.map(lineOf),
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
