import { verdictOn } from '../../rules/images.js';
import { findWhole } from '../conversations/pending.js';
import type { Collections } from '../database/collections.js';
import type { ImageUseDocument } from '../documents/image-documents.js';
import { completeChanges } from './image-content.js';
import { completeRemovals, removeUses } from './image-removal.js';

/** Decides about the images of messages that were put before a moment; completes what a crash left. */
export async function sweepImages(collections: Collections, before: number): Promise<void> {
  const open = await collections.imageUses.find({ openSince: { $gte: 0, $lt: before } }).toArray();
  for (const use of open) await decide(collections, use);
  await completeRemovals(collections);
  await completeChanges(collections, before);
}

/** What runs is looked at first: a turn that ends meanwhile is a message by then. */
async function decide(
  collections: Collections,
  { _id, conversation, messageId, openSince }: ImageUseDocument,
): Promise<void> {
  const { generations, imageUses, messages } = collections;
  const running = await generations.findOne({ conversationLock: conversation });
  await findWhole(collections, conversation);
  const message = await messages.findOne({ conversation, id: messageId });
  const facts = { exists: message !== null, isConversationBusy: running !== null };
  switch (verdictOn(facts)) {
    case 'settled':
      await imageUses.updateOne({ _id }, { $set: { openSince: null } });
      return;
    case 'left_over':
      // One that was put again since then is another one's.
      await removeUses(collections, { _id, openSince });
      return;
    case 'open':
  }
}
