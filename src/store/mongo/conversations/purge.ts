import type { Filter } from 'mongodb';
import type { Collections } from '../database/collections.js';
import { insertIfAbsent } from '../database/insert-if-absent.js';
import { recordedChange } from '../documents/change-documents.js';
import {
  chatFields,
  NO_SETTINGS,
  type ConversationDocument,
} from '../documents/conversation-documents.js';
import { turnOf, type GenerationDocument } from '../documents/generation-document.js';
import { removeUses } from '../images/image-removal.js';
import { withRecords } from './change.js';

/** What is left of a deleted conversation; its revision stays, and that it had a chat id. */
function tombstone(deletedAt: number) {
  const { changes: _changes, ...settings } = NO_SETTINGS;
  return {
    ...settings,
    tags: [],
    title: '',
    messageCount: 0,
    tree: null,
    deletedAt,
    purged: false,
  };
}

/**
 * Replaces a conversation by a tombstone, which keeps its last changes; false if there is none.
 *
 * @param isDiscarded whether its generations stay as they are
 */
export async function markDeleted(
  { conversations }: Collections,
  which: Filter<ConversationDocument>,
  isDiscarded = false,
): Promise<boolean> {
  const now = Date.now();
  const { matchedCount } = await conversations.updateOne(
    { ...which, deletedAt: null },
    {
      $set: { ...tombstone(now), ...(isDiscarded && { isDiscarded }) },
      ...withRecords([recordedChange({ type: 'conversation.deleted' }, now, 0)]),
    },
  );
  return matchedCount === 1;
}

/**
 * Puts a tombstone where a running turn was about to create a conversation, or has just created it: a
 * later writer gets a duplicate error. Nothing for a turn that is to create none.
 *
 * @returns whether the turn was to create one
 */
export async function putStagedTombstone(
  collections: Collections,
  generation: GenerationDocument,
): Promise<boolean> {
  const { newConversation } = turnOf(generation);
  if (!newConversation) return false;
  const { conversation: _id, ownerId, conversationId: id } = generation;
  const now = Date.now();
  const document = {
    ...{ _id, ownerId, id, createdAt: now, updatedAt: now, turns: 0, changes: 0 },
    ...chatFields(newConversation.chatId),
    ...tombstone(now),
  };
  const present = await insertIfAbsent(collections.conversations, [document]);
  if (present.length > 0) await markDeleted(collections, { _id });
  return true;
}

/**
 * Removes the contents of a deleted conversation: its messages and their images, and texts and logs of the generations
 * that ended in it, unless it was discarded. Repeatable; after a crash the next sweep completes it.
 */
export async function purge(collections: Collections, conversation: string): Promise<void> {
  const { conversations, messages } = collections;
  await messages.deleteMany({ conversation });
  await removeUses(collections, { conversation });
  const discarded = { _id: conversation, isDiscarded: true } as const;
  if ((await conversations.findOne(discarded, { projection: { _id: 1 } })) === null)
    await eraseEnded(collections, { conversation });
  await conversations.updateOne(
    { _id: conversation, deletedAt: { $ne: null } },
    // What an earlier release, which deleted it, does not know.
    { $set: { purged: true, pending: null } },
  );
}

/** Removes texts and logs of those of these generations that ended; their rows go as any others. */
export async function eraseEnded(
  { generations, logs }: Collections,
  which: Filter<GenerationDocument>,
): Promise<void> {
  const ended = await generations
    .find({ ...which, runningOn: null })
    .project<{ _id: string }>({ _id: 1 })
    .toArray();
  if (ended.length === 0) return;
  const keys = ended.map(({ _id }) => _id);
  await logs.deleteMany({ generation: { $in: keys } });
  await generations.updateMany(
    { _id: { $in: keys } },
    {
      $set: {
        conversationDeleted: true,
        echo: null,
        'end.response': '',
        'end.parts': null,
        swept: false,
      },
    },
  );
}
