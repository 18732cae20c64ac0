import type { Collections } from '../database/collections.js';

/** What a deleted conversation leaves of itself. */
export function tombstone(deletedAt: number) {
  return { title: '', messageCount: 0, deletedAt, purged: false };
}

/**
 * Puts a tombstone in the place of a conversation, also of one that a running turn was about to open:
 * a later writer finds the place taken.
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
 * Removes what was said in a deleted conversation: its messages, and texts and logs of the
 * generations that ended in it. Repeatable; what a crash leaves undone the next sweep does.
 */
export async function purge(collections: Collections, conversation: string): Promise<void> {
  const { conversations, messages, generations, logs } = collections;
  await messages.deleteMany({ conversation });
  const ended = await generations
    .find({ conversation, runningOn: null })
    .project<{ _id: string }>({ _id: 1 })
    .toArray();
  if (ended.length > 0) {
    const keys = ended.map(({ _id }) => _id);
    await logs.deleteMany({ generation: { $in: keys } });
    await generations.updateMany(
      { _id: { $in: keys } },
      { $set: { conversationDeleted: true, 'end.response': '' } },
    );
  }
  await conversations.updateOne(
    { _id: conversation, deletedAt: { $ne: null } },
    { $set: { purged: true } },
  );
}
