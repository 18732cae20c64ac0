import type { Filter } from 'mongodb';
import type { Expected } from '../../conversation-store.js';
import type { DeleteResult } from '../../conversation-results.js';
import type { Collections } from '../database/collections.js';
import { type ConversationDocument, owned } from '../documents/conversation-documents.js';
import { requestStopOfDeleted } from '../generations/stop-requests.js';
import { activeIn } from './active-generations.js';
import { changing, unchanged } from './change.js';
import { markDeleted, purge, putStagedTombstone } from './purge.js';

/** The result of a removal, with the key of the running generation that was asked to stop. */
export interface Removal {
  result: DeleteResult;
  stopped: string | null;
}

/**
 * Deletes a conversation, in an order that holds against a turn that is being committed or ended in
 * it:
 *
 * 1. A tombstone replaces the conversation: from here on it is not visible, and no turn can be
 *    committed in it. A crash after it leaves the rest to the next sweep.
 * 2. The generation that runs in it is asked to stop. A later one finds the tombstone.
 * 3. A turn that would have opened the conversation finds its place taken. A crash before it leaves
 *    that to the end of the generation, which was asked to stop.
 * 4. Messages, texts and logs are removed.
 */
export async function remove(
  collections: Collections,
  ownerId: string,
  id: string,
  expected: Expected,
): Promise<Removal> {
  const _id = owned(ownerId, id);
  const marked = await markAs(collections, _id, expected);
  // Of a conversation that is only staged nobody can expect a revision.
  if (marked.outcome !== 'deleted' && expected) return { result: marked, stopped: null };
  const found = marked.outcome === 'deleted';
  const running = await requestStopOfDeleted(collections, _id);
  const staged = !found && running !== null && (await putStagedTombstone(collections, running));
  // It neither exists nor is about to be created, unless it was created between the two checks.
  const removed = found || staged || (!running && (await markDeleted(collections, { _id })));
  if (removed) await purge(collections, _id);
  return {
    result: { outcome: removed ? 'deleted' : 'not_found' },
    stopped: running?._id ?? null,
  };
}

async function markAs(
  collections: Collections,
  _id: string,
  expected: Expected,
): Promise<DeleteResult> {
  if (!expected)
    return { outcome: (await markDeleted(collections, { _id })) ? 'deleted' : 'not_found' };
  return changing<DeleteResult>(collections, { _id, expected }, async ({ state }) =>
    (await markDeleted(collections, unchanged(state.document))) ? { outcome: 'deleted' } : 'again',
  );
}

/** See `ConversationStore.discard`. */
export async function discard(collections: Collections, _id: string): Promise<boolean> {
  const result = await changing<{ outcome: 'discarded' | 'busy' }>(
    collections,
    { _id, expected: [1] },
    async ({ state, activeGenerationId }) => {
      if (activeGenerationId !== null) return { outcome: 'busy' };
      const isMarked = await markDeleted(collections, unchanged(state.document), true);
      return isMarked ? { outcome: 'discarded' } : 'again';
    },
  );
  if (result.outcome !== 'discarded') return false;
  await purge(collections, _id);
  return true;
}

/** Which conversations of an owner go before others. */
const GOING: readonly Pick<ConversationDocument, 'pinned' | 'disposable'>[] = [
  { pinned: null, disposable: true },
  { pinned: null },
  { pinned: true },
];

/**
 * Removes the oldest conversation that is not being answered in, if there are more than `max`. It is chosen before they are counted: of several concurrent calls that choose the
 * same one, one removes it and the others count again.
 */
export async function removeOldest(
  collections: Collections,
  ownerId: string,
  max: number,
  exceptId: string,
): Promise<string | null> {
  for (;;) {
    const oldest = await firstToGo(collections, ownerId, exceptId);
    if ((await countOf(collections, ownerId)) <= max || !oldest) return null;
    const { _id, id, updatedAt, pinned = null } = oldest;
    if (await markDeleted(collections, { _id, updatedAt, pinned })) {
      await purge(collections, _id);
      return id;
    }
  }
}

async function firstToGo(
  collections: Collections,
  ownerId: string,
  exceptId: string,
): Promise<ConversationDocument | undefined> {
  for (const which of GOING) {
    const found = await oldestIdle(collections, { ownerId, ...which }, exceptId);
    if (found) return found;
  }
  return undefined;
}

/** Candidates per query: at most a few of them have a running generation. */
const LOOK = 20;

async function oldestIdle(
  collections: Collections,
  which: Filter<ConversationDocument>,
  exceptId: string,
): Promise<ConversationDocument | undefined> {
  for (let skip = 0; ; skip += LOOK) {
    const candidates = await collections.conversations
      .find({ ...which, deletedAt: null })
      .sort({ updatedAt: 1, id: -1 })
      .skip(skip)
      .limit(LOOK)
      .toArray();
    const busy = await activeIn(
      collections,
      candidates.map(({ _id }) => _id),
    );
    const idle = candidates.find(({ _id, id }) => id !== exceptId && !busy.has(_id));
    if (idle || candidates.length < LOOK) return idle;
  }
}

/** The owner's conversations, counted on an index. */
function countOf({ conversations }: Collections, ownerId: string): Promise<number> {
  return conversations.countDocuments({ ownerId, deletedAt: null });
}
