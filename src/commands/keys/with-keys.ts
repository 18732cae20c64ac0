import type { Settings } from '../../config/settings.js';
import { createKeyStore } from '../../store/create-key-store.js';
import type { KeyStore } from '../../store/key-store.js';
import { CommandError } from '../command-error.js';
import { patiently } from '../history/stores.js';
import { SilentLogger } from '../silent-logger.js';

/** Runs work with the keys of the configured store, whether a service runs or not. */
export async function withKeys<T>(
  { history: { storage } }: Settings,
  work: (keys: KeyStore) => Promise<T>,
): Promise<T> {
  if (storage.kind === 'memory')
    throw new CommandError(
      'HISTORY_STORAGE_TYPE is memory, which keeps no keys; use file or database, or API_KEYS',
    );
  const store = await createKeyStore(storage, new SilentLogger());
  try {
    await patiently({ by: 'HISTORY_STORAGE_TYPE', target: storage }, () => store.open());
    return await work(store.keys);
  } finally {
    await store.close();
  }
}
