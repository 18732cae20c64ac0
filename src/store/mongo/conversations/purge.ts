import type { Collections } from '../database/collections.js';
import { removeUses } from '../images/image-removal.js';

/** The tombstone of a deleted conversation. */
export function tombstone(deletedAt: number) {
  return { title: '', messageCount: 0, deletedAt, purged: false };
}

/**
 * Replaces a conversation by a tombstone, also one that a running turn was about to create: a later
 * writer gets a duplicate error.
 */
export async function putTombstone(
  { conversations }: Collections,
  { _id, ownerId, id }: { _id: string; ownerId: string; id: string },
): Promise<void> {
  const now = Date.now();
  await conversations.updateOne(
    { _id },
    {
      $set: tombstone(now),
      $setOnInsert: { ownerId, id, createdAt: now, updatedAt: now, turns: 0 },
    },
    { upsert: true },
  );
}

/**
 * Removes the contents of a deleted conversation: its messages and their images, and texts and logs of the generations
 * that ended in it. Repeatable; after a crash the next sweep completes it.
 */
export async function purge(collections: Collections, conversation: string): Promise<void> {
  const { conversations, messages, generations, logs } = collections;
  await messages.deleteMany({ conversation });
  await removeUses(collections, { conversation });
  const ended = await generations
    .find({ conversation, runningOn: null })
    .project<{ _id: string }>({ _id: 1 })
    .toArray();
  if (ended.length > 0) {
    const keys = ended.map(({ _id }) => _id);
    await logs.deleteMany({ generation: { $in: keys } });
    await generations.updateMany(
      { _id: { $in: keys } },
      { $set: { conversationDeleted: true, 'end.response': '', 'end.parts': null } },
    );
  }
  await conversations.updateOne(
    { _id: conversation, deletedAt: { $ne: null } },
    { $set: { purged: true } },
  );
}
