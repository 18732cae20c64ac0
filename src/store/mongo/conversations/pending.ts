import type { Collections } from '../database/collections.js';
import { insertIfAbsent } from '../database/insert-if-absent.js';
import {
  placeKey,
  type ConversationDocument,
  type MovedRun,
  type StoredPending,
} from '../documents/conversation-documents.js';
import { skeletonOf } from './branch-finder.js';
import { stateOf } from './conversation-state.js';

/**
 * Changes of several messages in one write: it stores in the conversation what is to become of them, and
 * whoever comes then writes it to them, in any number and as often as they like, before they read any.
 */

/** What is still to be written to the messages of a conversation, by any process. */
export function pendingOf({
  pending,
  deletedAt,
}: Pick<ConversationDocument, 'pending' | 'deletedAt'>): StoredPending | null {
  return deletedAt === null ? (pending ?? null) : null;
}

/** Writes it. Late, when others have done it and gone on, it leaves all as it is. */
export async function completePending(
  collections: Collections,
  conversation: string,
  { token, added, runs, moved }: StoredPending,
): Promise<void> {
  const present = new Set(await insertIfAbsent(collections.messages, added));
  for (const run of runs) await moveRun(collections, conversation, run, moved);
  const { matchedCount } = await collections.conversations.updateOne(
    { _id: conversation, 'pending.token': token },
    { $set: { pending: null } },
  );
  const inserted = added.filter((_message, index) => !present.has(index)).map(({ _id }) => _id);
  if (matchedCount === 0 && inserted.length > 0)
    await removeStrays(collections, conversation, inserted);
}

/** Others have completed it before: what was inserted after that may be what they have removed since. */
async function removeStrays(
  collections: Collections,
  _id: string,
  inserted: readonly string[],
): Promise<void> {
  const { conversations, messages } = collections;
  const found = await conversations.findOne({ _id });
  if (found?.deletedAt === null) {
    const state = await stateOf(collections, found);
    const links = await skeletonOf(collections, state);
    if (links.length - state.total !== inserted.length) return;
  }
  await messages.deleteMany({ _id: { $in: [...inserted] } });
}

async function moveRun(
  { messages }: Collections,
  conversation: string,
  { first, last, depth, by, parent, above, earlier }: MovedRun,
  moved: number,
): Promise<void> {
  const notYet = { $or: [{ moved: null }, { moved: { $lt: moved } }] };
  await messages.updateOne(
    { _id: placeKey(conversation, first), ...notYet },
    { $set: { depth, run: first, parent: placeKey(conversation, parent), above, moved } },
  );
  if (last > first)
    await messages.updateMany(
      { conversation, seq: { $gt: first, $lte: last }, depth: { $gt: 0 }, ...notYet },
      { $inc: { depth: -by }, $set: { run: first, moved } },
    );
  for (const place of earlier)
    await messages.updateOne(
      { _id: placeKey(conversation, place), ...notYet },
      { $set: { depth: depth + place - first, run: first, moved } },
    );
}

/** A conversation whose messages are as its document says. */
export async function findWhole(
  collections: Collections,
  _id: string,
): Promise<ConversationDocument | null> {
  for (;;) {
    const found = await collections.conversations.findOne({ _id });
    const pending = found && pendingOf(found);
    if (!pending) return found;
    await completePending(collections, _id, pending);
  }
}

/** Completes changes that a crash interrupted. */
export async function completeAllPending(collections: Collections): Promise<void> {
  const open = await collections.conversations
    .find({ 'pending.token': { $gt: '' }, deletedAt: null })
    .project<{ _id: string }>({ _id: 1 })
    .toArray();
  for (const { _id } of open) await findWhole(collections, _id);
}
