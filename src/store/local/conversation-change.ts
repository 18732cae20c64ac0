import type { Message } from '../../domain/conversation.js';
import type { GenerationEnd, StagedMessage } from '../../domain/generation.js';
import { STATUS_OF_END } from '../rules/end.js';
import type { GenerationRow } from './generation-row.js';
import {
  headingOf,
  MessagesInMemory,
  type ConversationChange,
  type StoredConversation,
} from './stored-conversation.js';

/** The conversation as it is. */
export function unchanged(stored: StoredConversation): ConversationChange {
  // What is spread comes last (docs/adr/0014-hidden-classes.md).
  const { messages } = stored;
  return { stored: messages, unchangedCount: messages.length, added: [], ...headingOf(stored) };
}

/**
 * The conversation with the staged turn as messages; as it is if it has them already, null if there
 * is no conversation to put them into (it was deleted).
 */
export async function withTurn(
  stored: StoredConversation | null,
  row: GenerationRow,
  now: number,
): Promise<ConversationChange | null> {
  const base = stored ? unchanged(stored) : opened(row);
  if (!base || base.stored.placeOf(row.messageId) !== -1) return base;
  const { messages, replacesMessageId } = row.turn;
  const rest = await holding(base, replacesMessageId);
  if (!rest) return null;
  const added = rest.added.filter((message) => message.id !== replacesMessageId);
  for (const message of messages) added.push(givenMessage(message));
  added.push(streamingMessage(row, now));
  return { ...rest, added, updatedAt: now };
}

/** The conversation with the answer as it ended; null if it was deleted. */
export async function withEnd(
  change: ConversationChange,
  row: GenerationRow,
  end: GenerationEnd,
): Promise<ConversationChange | null> {
  const held = await holding(change, row.messageId);
  if (!held) return null;
  const added = held.added.map((message) =>
    message.id === row.messageId ? endedMessage(message, end) : message,
  );
  return { ...held, added, updatedAt: end.finishedAt };
}

/**
 * The same with a stored message, and those after it, among the added ones, so that it can be
 * changed; nearly always it is the last. Null if the conversation was deleted.
 */
async function holding(
  change: ConversationChange,
  messageId: string | null,
): Promise<ConversationChange | null> {
  const place = messageId === null ? -1 : change.stored.placeOf(messageId);
  if (place === -1) return change;
  const held = await change.stored.read(place, change.unchangedCount);
  return held && { ...change, unchangedCount: place, added: [...held, ...change.added] };
}

function opened(row: GenerationRow): ConversationChange | null {
  const { newConversation } = row.turn;
  if (row.committed || !newConversation) return null;
  const { title, createdAt } = newConversation;
  const { ownerId, conversationId: id } = row;
  const heading = { ownerId, id, title, createdAt, updatedAt: createdAt };
  return { stored: new MessagesInMemory([]), unchangedCount: 0, added: [], ...heading };
}

function givenMessage(message: StagedMessage): Message {
  return {
    id: message.id,
    role: message.role,
    content: message.content,
    createdAt: message.createdAt,
    status: 'complete',
    model: null,
    finishReason: null,
    usage: null,
    parts: null,
    images: message.images,
    toolAnswer: message.toolAnswer,
    generationId: null,
    seq: null,
  };
}

function streamingMessage(row: GenerationRow, createdAt: number): Message {
  return {
    id: row.messageId,
    role: 'assistant',
    content: '',
    createdAt,
    status: 'streaming',
    model: row.model,
    finishReason: null,
    usage: null,
    parts: null,
    images: null,
    toolAnswer: null,
    generationId: row.id,
    seq: 0,
  };
}

function endedMessage(message: Message, end: GenerationEnd): Message {
  return {
    ...message,
    content: end.response,
    parts: end.parts,
    status: STATUS_OF_END[end.status],
    finishReason: end.finishReason,
    usage: end.usage,
    seq: null,
  };
}
