import type {
  Conversation,
  ConversationPage,
  ConversationSummary,
  Message,
} from '../../../domain/conversation.js';
import type { MessageWindow } from '../../conversation-store.js';
import { currentAnswer } from '../../rules/end.js';
import type { PlacedMessage } from '../../rules/pages.js';
import type { Collections } from '../database/collections.js';
import {
  toSummary,
  owned,
  toMessage,
  type MessageDocument,
} from '../documents/conversation-documents.js';
import { toRecord } from '../documents/generation-document.js';
import { readLog } from '../generations/logs.js';
import { countOf } from './conversation-remover.js';

/** Two round trips: total and page, then the running generations in them. */
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
  // Messages are missing: the conversation is being deleted, and the next read confirms it. If not,
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
  const places = await placesOf(collections, _id, window);
  if (places === null) return null;
  if (places === 'message_not_found') return { conversation: places, isWhole: true };
  const { summary, first, end } = places;
  const placed = await readRange(collections, _id, first, end);
  const messages = placed.map(({ message }) => message);
  return { conversation: { ...summary, messages }, isWhole: messages.length === end - first };
}

/** A conversation, and the places of the messages that a window shows: from `first` to before `end`. */
export async function placesOf(
  collections: Collections,
  _id: string,
  { before: beforeId, limit }: Partial<MessageWindow> = {},
): Promise<
  { summary: ConversationSummary; first: number; end: number } | 'message_not_found' | null
> {
  const [document, active, before] = await Promise.all([
    collections.conversations.findOne({ _id }),
    activeIn(collections, [_id]),
    placeBefore(collections, _id, beforeId),
  ]);
  if (!document || document.deletedAt !== null) return null;
  if (beforeId !== undefined && (before === null || before > document.messageCount))
    return 'message_not_found';
  const end = before ?? document.messageCount + 1;
  const first = Math.max(1, end - (limit ?? end));
  return { summary: toSummary(document, active.get(_id) ?? null), first, end };
}

export async function firstMessage(
  { messages }: Collections,
  conversation: string,
): Promise<MessageDocument | null> {
  return messages.findOne({ conversation, seq: 1 });
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
export async function readRange(
  collections: Collections,
  conversation: string,
  first: number,
  end: number,
): Promise<PlacedMessage[]> {
  const found = await collections.messages
    .find({ conversation, seq: { $gte: first, $lt: end } })
    .sort({ seq: 1 })
    .toArray();
  return Promise.all(
    found.map(async (document) => ({
      seq: document.seq,
      message: await current(collections, document),
    })),
  );
}

async function current(collections: Collections, document: MessageDocument): Promise<Message> {
  const message = toMessage(document);
  if (document.status !== 'streaming' || document.generation === null) return message;
  const { generation: key } = document;
  const log = await readLog(collections, key, 0);
  // Read after the log: if the generation has ended since, the message may be outdated.
  const generation = await collections.generations.findOne({ _id: key });
  return currentAnswer(message, generation && toRecord(generation, log), log);
}
