import type { DurableStore } from '../../src/commands/history/copy.js';
import { readContents } from '../../src/commands/history/read-digest.js';
import { createStore } from '../../src/store/create-store.js';
import type { Store } from '../../src/store/store.js';
import { RecordingLogger } from './recording-logger.js';
import type { TestStorage } from './storages.js';

type Named = Pick<TestStorage, 'target'>;

/** A store as commands have it, not yet open. */
export async function made(
  { target }: Named,
  how: 'serve' | 'observe' = 'serve',
): Promise<DurableStore> {
  return asDurable(await createStore({ storage: target }, new RecordingLogger(), how));
}

export async function opened(
  storage: Named,
  how: 'serve' | 'observe' = 'serve',
): Promise<DurableStore> {
  const store = await made(storage, how);
  await store.open();
  return store;
}

function asDurable(store: Store): DurableStore {
  const { transfer, erasure } = store;
  if (!transfer || !erasure) throw new Error('Its store ends with the process');
  return Object.assign(store, { transfer, erasure });
}

export const digestOf = (store: DurableStore) => store.transfer.reading(readContents);
