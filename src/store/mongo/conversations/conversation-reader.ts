import type { Conversation, ConversationPage, Message } from '../../../domain/conversation.js';
import type { MessageWindow } from '../../conversation-store.js';
import type { Collections } from '../database/collections.js';
import { toSummary } from '../documents/conversation-document.js';
import { owned } from '../documents/keys.js';
import { toMessage, type MessageDocument } from '../documents/message-document.js';
import { currentAnswer } from '../../rules/answer.js';
import { toRecord } from '../documents/generation-document.js';
import { readLog } from '../generations/log-book.js';
import { countOf } from './conversation-remover.js';

/** Two round trips: total and page, then who is answering in them. */
export async function readPage(
  collections: Collections,
  ownerId: string,
  { limit, offset }: { limit: number; offset: number },
): Promise<ConversationPage> {
  const [total, documents] = await Promise.all([
    countOf(collections, ownerId),
    collections.conversations
      .find({ ownerId, deletedAt: null })
      .sort({ updatedAt: -1, id: 1 })
      .skip(offset)
      .limit(limit)
      .toArray(),
  ]);
  const active = await activeIn(
    collections,
    documents.map(({ _id }) => _id),
  );
  return {
    total,
    conversations: documents.map((document) =>
      toSummary(document, active.get(document._id) ?? null),
    ),
  };
}

/** Two round trips, and one more for an answer that is being written. */
export async function readConversation(
  collections: Collections,
  ownerId: string,
  id: string,
  window?: MessageWindow,
): Promise<Conversation | 'message_not_found' | null> {
  const found = await look(collections, owned(ownerId, id), window);
  // Fewer messages than there are: it is being deleted, and the next look says so. If it does not,
  // they were lost by other means, and the rest is shown.
  const again =
    found?.isWhole === false ? await look(collections, owned(ownerId, id), window) : found;
  return again?.conversation ?? null;
}

interface Look {
  conversation: Conversation | 'message_not_found';
  isWhole: boolean;
}

async function look(
  collections: Collections,
  _id: string,
  window?: MessageWindow,
): Promise<Look | null> {
  const [document, active, before] = await Promise.all([
    collections.conversations.findOne({ _id }),
    activeIn(collections, [_id]),
    placeBefore(collections, _id, window?.before),
  ]);
  if (!document || document.deletedAt !== null) return null;
  if (window?.before !== undefined && (before === null || before > document.messageCount))
    return { conversation: 'message_not_found', isWhole: true };
  const end = before ?? document.messageCount + 1;
  const first = Math.max(1, end - (window?.limit ?? end));
  const messages = await readMessages(collections, _id, first, end);
  return {
    conversation: { ...toSummary(document, active.get(_id) ?? null), messages },
    isWhole: messages.length === end - first,
  };
}

/** Public ids of the generations that run in these conversations. */
async function activeIn({ generations }: Collections, conversations: string[]) {
  const running = await generations
    .find({ conversationLock: { $in: conversations } })
    .project<{ id: string; conversation: string }>({ id: 1, conversation: 1 })
    .toArray();
  return new Map(running.map(({ id, conversation }) => [conversation, id]));
}

async function placeBefore(
  { messages }: Collections,
  conversation: string,
  id: string | undefined,
): Promise<number | null> {
  if (id === undefined) return null;
  const found = await messages.findOne({ conversation, id }, { projection: { seq: 1 } });
  return found?.seq ?? null;
}

/** The messages from place `first` to before place `end`. */
async function readMessages(
  collections: Collections,
  conversation: string,
  first: number,
  end: number,
): Promise<Message[]> {
  const found = await collections.messages
    .find({ conversation, seq: { $gte: first, $lt: end } })
    .sort({ seq: 1 })
    .toArray();
  return Promise.all(found.map((document) => current(collections, document)));
}

async function current(collections: Collections, document: MessageDocument): Promise<Message> {
  const message = toMessage(document);
  if (document.status !== 'streaming' || document.generation === null) return message;
  const { generation: key } = document;
  const log = await readLog(collections, key, 0);
  // After the log: one that had not ended by then may have a message that is out of date.
  const generation = await collections.generations.findOne({ _id: key });
  return currentAnswer(message, generation && toRecord(generation, log), log);
}
