import { contentOf, StoreNotEmptyError, type HistoryTransfer } from '../history-transfer.js';
import { StoreStartError, type Store } from '../store.js';

/** A store that cannot write a whole history in one step. */
export interface MarkedStore {
  readonly transfer: Pick<HistoryTransfer, 'fact' | 'setFact'>;
  readonly store: Pick<Store, 'conversations' | 'usage' | 'keys'>;
  /** Removes all conversations with what belongs to them. */
  removeConversations(): Promise<void>;
  /** Throws if a process serves it. */
  assertAlone(): Promise<void>;
}

/**
 * Fills an empty store: it is marked before the first write and until the last, and nobody opens a marked
 * one. What an interrupted filling left is removed first.
 */
export async function fillMarked<T>(marked: MarkedStore, work: () => Promise<T>): Promise<T> {
  const { transfer } = marked;
  if ((await transfer.fact('restoring')) !== null) await clear(marked);
  const content = await contentOf(marked.store);
  if (content) throw new StoreNotEmptyError(content);
  await transfer.setFact('restoring', new Date().toISOString());
  try {
    // Whoever opened it before the mark is seen now; what it has copied before does not count any more.
    await marked.assertAlone();
    await transfer.setFact('copied', null);
    const result = await work();
    await marked.assertAlone();
    await transfer.setFact('restoring', null);
    return result;
  } catch (error) {
    // Where this fails, too, the mark stays.
    await undo(marked).catch(() => undefined);
    throw error;
  }
}

async function undo(marked: MarkedStore): Promise<void> {
  await clear(marked);
  await marked.transfer.setFact('restoring', null);
}

/** That there were keys stays known: whoever has read some meanwhile forgets them, and lets nobody in. */
async function clear({ store, ...marked }: MarkedStore): Promise<void> {
  await marked.removeConversations();
  await store.usage.replaceAll([]);
  if ((await store.keys.version()) !== null) await store.keys.replaceAll([]);
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
