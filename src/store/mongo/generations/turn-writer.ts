import type { Collections } from '../database/collections.js';
import { insertIfAbsent } from '../database/insert-if-absent.js';
import type { ConversationDocument } from '../documents/conversation-documents.js';
import type { GenerationDocument, TurnPlace } from '../documents/generation-document.js';
import {
  answerDocument,
  answerState,
  conversationState,
  newConversation,
  questionDocuments,
  stagedMessages,
} from './turn-documents.js';

/**
 * Makes a turn messages at its place. Each write changes one document, is idempotent, and has no
 * effect if it is late, from a worker that was suspended while others completed the turn:
 *
 * 1. The messages go to places that are beyond the conversation's end, which readers do not read. A
 *    taken place is not changed. (An answer that replaces another one is written to its place at
 *    once.)
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
  const { matchedCount } = await conversations.updateOne(
    { _id: generation.conversation, turns: place.turns, deletedAt: null },
    { $set: conversationState(generation, place) },
  );
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
  const [, { matchedCount }] = await Promise.all([
    messages.updateOne({ _id, generation: generation._id }, { $set: answerState(generation) }),
    conversations.updateOne(
      { _id: generation.conversation, turns, deletedAt: null },
      { $set: { updatedAt } },
    ),
  ]);
  return matchedCount === 1 || conversationExists(collections, generation.conversation);
}

async function conversationExists({ conversations }: Collections, _id: string): Promise<boolean> {
  const found = await conversations.findOne({ _id });
  return found !== null && !isDeleted(found);
}

/**
 * The places of a turn's messages; null if the conversation was deleted. The generation holds the
 * conversation's lock, and the one that held it before released it when its own messages were all
 * there: the places do not change meanwhile.
 */
export async function placeOf(
  collections: Collections,
  generation: GenerationDocument,
  at: number,
): Promise<TurnPlace | null> {
  const { conversation: _id, turn } = generation;
  const [conversation, replaced] = await Promise.all([
    collections.conversations.findOne({ _id }),
    replacedPlace(collections, generation),
  ]);
  if (conversation ? isDeleted(conversation) : !turn?.newConversation) return null;
  const { turns, messageCount } = conversation ?? { turns: 0, messageCount: 0 };
  const answer = replaced ?? messageCount + newMessages(generation);
  return { turns, messageCount, answer, at };
}

export function isDeleted({ deletedAt }: ConversationDocument): boolean {
  return deletedAt !== null;
}

/** How many places a turn takes when its answer replaces no other. */
export function newMessages(generation: GenerationDocument): number {
  return 1 + stagedMessages(generation).length;
}

async function replacedPlace({ messages }: Collections, generation: GenerationDocument) {
  const id = generation.turn?.replacesMessageId ?? null;
  if (id === null) return null;
  const old = await messages.findOne({ conversation: generation.conversation, id });
  return old?.seq ?? null;
}
