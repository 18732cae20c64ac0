import type { Message } from '../../domain/conversation.js';
import type { GenerationEnd } from '../../domain/generation.js';
import { STATUS_OF_END } from '../rules/answer.js';
import type { IndexEntry } from './conversation-index.js';
import type { GenerationRow } from './generation-row.js';

/** A conversation as it is kept. Never changed in place: each change makes a new one. */
export interface StoredConversation {
  readonly ownerId: string;
  readonly id: string;
  readonly title: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly messages: readonly Message[];
}

export function summaryOf(conversation: StoredConversation): IndexEntry {
  const { id, title, createdAt, updatedAt, messages } = conversation;
  return { id, title, createdAt, updatedAt, messageCount: messages.length };
}

/**
 * The conversation with the staged turn as messages; the same one if it has them already, null if
 * there is no conversation to put them into (it was deleted).
 */
export function withTurn(
  conversation: StoredConversation | null,
  row: GenerationRow,
  now: number,
): StoredConversation | null {
  const base = conversation ?? (row.kept ? null : opened(row));
  if (!base || base.messages.some((message) => message.id === row.messageId)) return base;
  const { systemMessage, userMessage, replacesMessageId } = row.turn;
  const messages = base.messages.filter((message) => message.id !== replacesMessageId);
  for (const [role, given] of [
    ['system', systemMessage],
    ['user', userMessage],
  ] as const)
    if (given) messages.push(plainMessage(role, given));
  messages.push(streamingMessage(row, now));
  return { ...base, messages, updatedAt: now };
}

/** The conversation with the answer as it ended. */
export function withEnd(
  conversation: StoredConversation,
  row: GenerationRow,
  end: GenerationEnd,
): StoredConversation {
  const messages = conversation.messages.map((message) =>
    message.id === row.messageId ? endedMessage(message, end) : message,
  );
  return { ...conversation, messages, updatedAt: end.finishedAt };
}

function opened(row: GenerationRow): StoredConversation | null {
  const { newConversation } = row.turn;
  if (!newConversation) return null;
  const { title, createdAt } = newConversation;
  const { ownerId, conversationId: id } = row;
  return { ownerId, id, title, createdAt, updatedAt: createdAt, messages: [] };
}

function plainMessage(
  role: 'system' | 'user',
  { id, content, createdAt }: { id: string; content: string; createdAt: number },
): Message {
  return {
    id,
    role,
    content,
    createdAt,
    status: 'complete',
    model: null,
    finishReason: null,
    usage: null,
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
    generationId: row.id,
    seq: 0,
  };
}

function endedMessage(message: Message, end: GenerationEnd): Message {
  return {
    ...message,
    content: end.response,
    status: STATUS_OF_END[end.status],
    finishReason: end.finishReason,
    usage: end.usage,
    seq: null,
  };
}
