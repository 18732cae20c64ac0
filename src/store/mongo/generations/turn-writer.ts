import { withRecords } from '../conversations/change.js';
import type { Collections } from '../database/collections.js';
import { insertIfAbsent } from '../database/insert-if-absent.js';
import { mongoError } from '../database/mongo-errors.js';
import type { ConversationDocument } from '../documents/conversation-documents.js';
import type { GenerationDocument, TurnPlace } from '../documents/generation-document.js';
import {
  answerDocument,
  answerState,
  conversationState,
  newConversation,
  questionDocuments,
  recordedEnd,
  recordedTurn,
} from './turn-documents.js';

/**
 * Makes a turn messages at its place. Each write changes one document, is idempotent, and has no
 * effect if it is late, from a worker that was suspended while others completed the turn:
 *
 * 1. The messages go to places that are beyond the conversation's end, which readers do not read. A
 *    taken place is not changed. (An answer that a release without branches placed may replace
 *    another one: it is written to its place at once.)
 * 2. The conversation moves its end over them, but only from the state that the places were made
 *    for.
 *
 * A crash after 1 leaves messages that are not visible until 2 is repeated.
 *
 * @returns false if the conversation was deleted
 */
export async function writeTurn(
  collections: Collections,
  generation: GenerationDocument,
  place: TurnPlace,
): Promise<boolean> {
  await writeMessages(collections, generation, place);
  if (await writeConversation(collections, generation, place)) return true;
  return conversationExists(collections, generation.conversation);
}

async function writeMessages(
  { messages }: Collections,
  generation: GenerationDocument,
  place: TurnPlace,
): Promise<void> {
  const answer = answerDocument(generation, place);
  const questions = questionDocuments(generation, place);
  if (place.answer > place.messageCount) {
    await insertIfAbsent(messages, [...questions, answer]);
    return;
  }
  const { _id, ...fields } = answer;
  const id = generation.turn?.replacesMessageId ?? '';
  await messages.updateOne({ _id, id }, { $set: fields });
}

/** False if it is in another state than the one for which the turn was made. */
async function writeConversation(
  { conversations }: Collections,
  generation: GenerationDocument,
  place: TurnPlace,
): Promise<boolean> {
  if (place.turns === 0) {
    const present = await insertIfAbsent(conversations, [newConversation(generation, place)]);
    return present.length === 0;
  }
  const which = { _id: generation.conversation, turns: place.turns, deletedAt: null };
  const set = conversationState(generation, place);
  const records = withRecords(recordedTurn(generation, place));
  const title = place.branch?.firstTitle ?? null;
  if (title !== null) {
    const unnamed = { ...which, titleBy: 'message' as const };
    const named = await conversations.updateOne(unnamed, { $set: { ...set, title }, ...records });
    if (named.matchedCount === 1) return true;
  }
  const { matchedCount } = await conversations.updateOne(which, { $set: set, ...records });
  return matchedCount === 1;
}

/**
 * Gives an answer that is a message already its end, and moves its conversation up.
 *
 * @returns false if the conversation was deleted
 */
export async function fillAnswer(
  collections: Collections,
  generation: GenerationDocument,
  place: TurnPlace,
): Promise<boolean> {
  const { messages, conversations } = collections;
  const { _id } = answerDocument(generation, place);
  const { updatedAt, turns } = conversationState(generation, place);
  const which = { _id: generation.conversation, turns, deletedAt: null };
  const [, { matchedCount }] = await Promise.all([
    messages.updateOne({ _id, generation: generation._id }, { $set: answerState(generation) }),
    // Once: the revision rises with it.
    conversations.updateOne(
      { ...which, filled: { $ne: turns } },
      {
        $set: { updatedAt, filled: turns },
        $inc: { changes: 1 },
        ...withRecords(recordedEnd(generation, 1)),
      },
    ),
  ]);
  if (matchedCount === 1) return true;
  const again = await conversations.updateOne(which, { $set: { updatedAt } });
  return again.matchedCount === 1 || conversationExists(collections, generation.conversation);
}

/**
 * Records the end of a turn whose messages do not get it. The locks of its generation are released
 * even if the store refuses this, too.
 */
export async function recordEnd(
  { conversations }: Collections,
  generation: GenerationDocument,
  { turns: before }: TurnPlace,
): Promise<void> {
  const turns = before + 1;
  try {
    await conversations.updateOne(
      { _id: generation.conversation, turns, deletedAt: null, filled: { $ne: turns } },
      { $set: { filled: turns }, ...withRecords(recordedEnd(generation, 0)) },
    );
  } catch (error) {
    if (mongoError(error).reason === 'store_unavailable') throw error;
  }
}

async function conversationExists({ conversations }: Collections, _id: string): Promise<boolean> {
  const found = await conversations.findOne({ _id });
  return found !== null && !isDeleted(found);
}

export function isDeleted({ deletedAt }: ConversationDocument): boolean {
  return deletedAt !== null;
}
