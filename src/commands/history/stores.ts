import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { isStoreUnavailable } from '../../common/errors/app-error.js';
import { loadSettings } from '../../config/load-settings.js';
import { storageNamed } from '../../config/named-storage.js';
import type { StorageTarget } from '../../config/settings.js';
import { createStore } from '../../store/create-store.js';
import { StoreStartError, type Store } from '../../store/store.js';
import { CommandError, UsageError } from '../command-error.js';
import { SilentLogger } from '../silent-logger.js';
import type { DurableStore } from './copy.js';

/** How long a store may be away. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = 500;

/** A store that a command names, and how. */
export interface NamedStore {
  /** For sentences: the option, or the settings. */
  readonly by: string;
  readonly target: StorageTarget;
}

/** @param argument as in OPERATION: left out, the settings name it */
export function namedStore(option: string, argument: string | undefined): NamedStore {
  if (argument === undefined) {
    const { storage } = loadSettings().settings.history;
    return { by: 'HISTORY_STORAGE_TYPE', target: durable(storage) };
  }
  const named = storageNamed(argument);
  if ('expected' in named) throw new UsageError(`${option}: expected ${named.expected}`);
  return { by: option, target: named.target };
}

function durable(storage: StorageTarget): StorageTarget {
  if (storage.kind !== 'memory') return storage;
  throw new CommandError(
    'HISTORY_STORAGE_TYPE is memory, which no other process can read; name a store',
  );
}

/** A store's name without passwords and options. */
export function nameOf({ target }: NamedStore): string {
  switch (target.kind) {
    case 'memory':
      return 'memory';
    case 'file':
      return `file:${target.folder}`;
    case 'sqlite':
      return `sqlite:${target.file}`;
    case 'postgres':
    case 'mongodb':
      return target.url.replace(/^([\w+]+:\/\/)(?:.*@)?([^?#]*).*$/s, '$1$2');
  }
}

export function isSameStore(a: NamedStore, b: NamedStore): boolean {
  return JSON.stringify(placeOf(a)) === JSON.stringify(placeOf(b));
}

/** Without what does not say where it is. */
function placeOf({ target }: NamedStore): unknown {
  return 'pool' in target ? { ...target, pool: 0 } : target;
}

/** Runs work with a store that is only read, whether it is served or not. */
export async function reading<T>(
  named: NamedStore,
  work: (store: DurableStore) => Promise<T>,
): Promise<T> {
  assertThere(named);
  return withStore(named, 'observe', (store) => store.open(), work);
}

/**
 * Runs work with a store that no process serves.
 *
 * @param toFill also one of which a restore was interrupted
 */
export async function writing<T>(
  named: NamedStore,
  work: (store: DurableStore) => Promise<T>,
  toFill = false,
): Promise<T> {
  return withStore(named, 'serve', ({ transfer }) => transfer.openAlone(toFill), work);
}

/** Runs work that changes a store that is there, whether it is served or not; of files only one that is not. */
export async function changing<T>(
  named: NamedStore,
  work: (store: DurableStore) => Promise<T>,
): Promise<T> {
  assertThere(named);
  return withStore(named, 'serve', (store) => store.open(), work);
}

/** What is only read is not made. */
function assertThere(named: NamedStore): void {
  if (isThere(named)) return;
  const { by, target } = named;
  throw new CommandError(`${by}: there is no ${target.kind === 'file' ? 'folder' : 'file'} there`);
}

/** False if it would be made. */
export function isThere({ target }: NamedStore): boolean {
  const path =
    target.kind === 'file' ? target.folder : target.kind === 'sqlite' ? target.file : null;
  return path === null || existsSync(path);
}

async function withStore<T>(
  named: NamedStore,
  how: 'serve' | 'observe',
  open: (store: DurableStore) => Promise<void>,
  work: (store: DurableStore) => Promise<T>,
): Promise<T> {
  const store = await createStore({ storage: named.target }, new SilentLogger(), how);
  if (!isDurable(store)) throw new CommandError(`${named.by}: memory cannot be moved`);
  try {
    await patiently(named, () => open(store));
    return await work(store);
  } finally {
    await store.close();
  }
}

function isDurable(store: Store): store is DurableStore {
  return store.transfer !== null && store.erasure !== null;
}

/** Opens a store, however long it is away, up to the patience of a command. */
export async function patiently<T>(named: NamedStore, open: () => Promise<T>): Promise<T> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (error instanceof StoreStartError) throw new CommandError(sentenceOf(named, error));
      if (!isStoreUnavailable(error)) throw error;
      if (performance.now() >= until)
        throw new CommandError(`${named.by}: the store cannot be reached`, { cause: error });
    }
    await delay(PAUSE_MS);
  }
}

/** What names the store here is what names it for the service. */
function sentenceOf({ by }: NamedStore, { message }: StoreStartError): string {
  return message.replace(/^HISTORY_(DB_URL|FILE_PATH): /, `${by}: `);
}
