import { StoreNotEmptyError, type HistoryTransfer } from '../history-transfer.js';
import { StoreStartError } from '../store.js';

/** A store that cannot write a whole history in one step. */
export interface MarkedStore {
  readonly transfer: Pick<HistoryTransfer, 'fact' | 'setFact'>;
  isEmpty(): Promise<boolean>;
  /** Removes all conversations with what belongs to them. */
  clear(): Promise<void>;
  /** Throws if a process serves it. */
  assertAlone(): Promise<void>;
}

/**
 * Fills an empty store: it is marked before the first write and until the last, and nobody opens a marked
 * one. What an interrupted filling left is removed first.
 */
export async function fillMarked<T>(store: MarkedStore, work: () => Promise<T>): Promise<T> {
  const { transfer } = store;
  if ((await transfer.fact('restoring')) !== null) await store.clear();
  if (!(await store.isEmpty())) throw new StoreNotEmptyError();
  await transfer.setFact('restoring', new Date().toISOString());
  try {
    // Whoever opened it before the mark is seen now; what it has copied before does not count any more.
    await store.assertAlone();
    await transfer.setFact('copied', null);
    const result = await work();
    await store.assertAlone();
    await transfer.setFact('restoring', null);
    return result;
  } catch (error) {
    // Where this fails, too, the mark stays.
    await undo(store).catch(() => undefined);
    throw error;
  }
}

async function undo(store: MarkedStore): Promise<void> {
  await store.clear();
  await store.transfer.setFact('restoring', null);
}

/** Fails if a filling of the store was interrupted. */
export async function assertFilled(
  transfer: Pick<HistoryTransfer, 'fact'>,
  setting: 'HISTORY_DB_URL' | 'HISTORY_FILE_PATH',
): Promise<void> {
  if ((await transfer.fact('restoring')) === null) return;
  throw new StoreStartError(
    `${setting}: a backup is being restored into this store, or was when its process died; ` +
      'wait for its end, or restore again',
  );
}
