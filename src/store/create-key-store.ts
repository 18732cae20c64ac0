import type { StorageTarget } from '../config/settings.js';
import type { AppLogger } from '../observability/app-logger.js';
import { createStore } from './create-store.js';
import type { KeyStore } from './key-store.js';

/** The keys of a store that a service may be serving. */
export interface OpenKeys {
  readonly keys: KeyStore;
  /** Fails like `Store.open`. */
  open(): Promise<void>;
  close(): Promise<void>;
}

/** Of files the history is not opened: the keys are beside it, outside its lock. */
export async function createKeyStore(storage: StorageTarget, logger: AppLogger): Promise<OpenKeys> {
  if (storage.kind === 'file') {
    const { FileKeyStore } = await import('./file/file-key-store.js');
    const done = (): Promise<void> => Promise.resolve();
    return { keys: new FileKeyStore(storage.folder), open: done, close: done };
  }
  const store = await createStore({ storage }, logger);
  return { keys: store.keys, open: () => store.open(), close: () => store.close() };
}
