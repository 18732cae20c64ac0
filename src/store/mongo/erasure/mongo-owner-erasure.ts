import { OwnerErasure, type OwnersGeneration } from '../../owner-erasure.js';
import { numberChanges } from '../changes/numbering.js';
import { purge } from '../conversations/purge.js';
import type { Collections } from '../database/collections.js';
import type { MongoDatabase } from '../database/mongo-database.js';
import { REMOVED } from '../documents/change-documents.js';
import { owned } from '../documents/conversation-documents.js';
import { removeUnused, removeUses } from '../images/image-removal.js';

/** Documents at a time. */
const CHUNK = 500;

/** Erases an owner from the database. */
export class MongoOwnerErasure extends OwnerErasure {
  readonly remains =
    'no document is left; their bytes go as the files of MongoDB are written over and its logs rotate';

  constructor(private readonly database: MongoDatabase) {
    super();
  }

  running(ownerId: string): Promise<OwnersGeneration[]> {
    return this.database.use(async ({ generations }) => {
      const found = await generations
        .find({ ownerId, runningOn: { $gt: '' } })
        .project<{ _id: string; runningOn: string; conversationId: string }>({
          runningOn: 1,
          conversationId: 1,
        })
        .toArray();
      return found.map(({ _id: key, runningOn: workerId, conversationId }) => ({
        key,
        workerId,
        conversationId,
      }));
    });
  }

  /**
   * Tombstones go last, but those behind which a worker may still write: they have no words, are no longer
   * those of chats, and the sweep removes them.
   */
  erase(ownerId: string, taken: readonly string[]): Promise<void> {
    return this.database.use(async (collections) => {
      await this.eachTombstone(collections, ownerId, (_id) => purge(collections, _id));
      for (const remove of OWNED) await remove(collections, ownerId);
      await numberChanges(collections);
      await collections.changes.updateMany({ ownerId }, { $set: REMOVED });
      const tombstones = { ownerId, deletedAt: { $ne: null } };
      const kept = taken.map((id) => owned(ownerId, id));
      await collections.conversations.deleteMany({ ...tombstones, _id: { $nin: kept } });
      await collections.conversations.updateMany(tombstones, {
        $set: { isChat: null, deletedAt: Date.now() },
      });
    });
  }

  private async eachTombstone(
    { conversations }: Collections,
    ownerId: string,
    task: (_id: string) => Promise<void>,
  ): Promise<void> {
    for (let after = ''; ;) {
      const page = await conversations
        .find({ ownerId, deletedAt: { $gt: 0 }, _id: { $gt: after } })
        .sort({ _id: 1 })
        .limit(CHUNK)
        .project<{ _id: string }>({ _id: 1 })
        .toArray();
      for (const { _id } of page) await task(_id);
      const last = page.at(-1);
      if (!last) return;
      after = last._id;
    }
  }
}

type Removal = (collections: Collections, ownerId: string) => Promise<void>;

/**
 * All that an owner has beside keys, conversations and messages, in the order in which it goes: a new collection
 * with an owner is one more entry. Changes are emptied, not removed: cursors of all readers name them.
 */
const OWNED: readonly Removal[] = [
  removeGenerations,
  removeImages,
  // Behind the generations, which were counted before their ends.
  removeUsage,
  removeWindow,
];

async function removeGenerations(
  { generations, logs }: Collections,
  ownerId: string,
): Promise<void> {
  for (;;) {
    const found = await generations
      .find({ ownerId, runningOn: null })
      .limit(CHUNK)
      .project<{ _id: string }>({ _id: 1 })
      .toArray();
    if (found.length === 0) return;
    const keys = found.map(({ _id }) => _id);
    await logs.deleteMany({ generation: { $in: keys } });
    await generations.deleteMany({ _id: { $in: keys } });
  }
}

/** Those that were put for turns that never came about: the others went with their messages. */
async function removeImages(collections: Collections, ownerId: string): Promise<void> {
  const left = await collections.images
    .find({ ownerId })
    .project<{ _id: string }>({ _id: 1 })
    .toArray();
  for (const { _id: image } of left) {
    const uses = await collections.imageUses.find({ image }).toArray();
    for (const { _id, conversation } of uses)
      if (!(await isComing(collections, conversation))) await removeUses(collections, { _id });
    if (uses.length === 0) await removeUnused(collections, image);
  }
}

/** Whether the conversation of a use is there, or is about to be. */
async function isComing(
  { conversations, generations }: Collections,
  conversation: string,
): Promise<boolean> {
  const running = await generations.findOne({ conversationLock: conversation });
  return (
    running !== null ||
    (await conversations.findOne({ _id: conversation, deletedAt: null })) !== null
  );
}

async function removeUsage({ usage, quotaGates }: Collections, ownerId: string): Promise<void> {
  await usage.deleteMany({ ownerId });
  await quotaGates.deleteMany({ ownerId });
}

async function removeWindow({ requestWindows }: Collections, ownerId: string): Promise<void> {
  await requestWindows.deleteOne({ _id: ownerId });
}
