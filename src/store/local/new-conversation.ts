import { UNNAMED } from '../../domain/conversation.js';
import type { NewConversation } from '../conversation-store.js';
import { systemMessage } from '../rules/given-message.js';
import { MessagesInMemory } from './messages-in-memory.js';
import type { ConversationChange, Heading, StoredConversation } from './stored-conversation.js';

/** A conversation that is not stored yet, without messages and settings; its first change is revision 1. */
export function emptyConversation(
  ownerId: string,
  opening: {
    id: string;
    title: string;
    createdAt: number;
    chatId: string | null;
    disposable?: boolean;
  },
): StoredConversation {
  const { id, title, createdAt, chatId, disposable = false } = opening;
  const heading: Heading = {
    ownerId,
    id,
    chatId,
    title,
    titleBy: 'message',
    createdAt,
    updatedAt: createdAt,
    messageCount: 0,
    messageTotal: 0,
    activeMessageId: null,
    revision: 0,
    model: null,
    parameters: null,
    tags: [],
    pinned: false,
    archived: false,
    forkedFrom: null,
    disposable,
    metadata: null,
  };
  return { heading, messages: new MessagesInMemory() };
}

/** A conversation that its owner makes. */
export function madeConversation(ownerId: string, made: NewConversation): ConversationChange {
  const { id, createdAt, system } = made;
  const title = made.title ?? UNNAMED;
  const { heading, messages } = emptyConversation(ownerId, {
    id,
    title,
    createdAt,
    chatId: null,
  });
  const length = system ? 1 : 0;
  return {
    heading: {
      ...heading,
      titleBy: made.title === null ? 'message' : 'user',
      messageCount: length,
      messageTotal: length,
      revision: 1,
      model: made.model,
      parameters: made.parameters,
      tags: made.tags,
      pinned: made.pinned,
      archived: made.archived,
      metadata: made.metadata ?? null,
    },
    stored: messages,
    system: system && systemMessage(id, system),
    kept: [],
    added: [],
    events: [{ time: createdAt, event: { type: 'conversation.created' } }],
  };
}
