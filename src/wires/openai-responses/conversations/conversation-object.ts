import type { ConversationMetadata, ConversationSummary } from '../../../domain/conversation.js';
import { conversationObjectId } from '../items/item-ids.js';

/** A conversation as OpenAI's clients read it. */
export interface ConversationObject {
  id: string;
  object: 'conversation';
  /** Epoch seconds. */
  created_at: number;
  metadata: ConversationMetadata;
}

export interface DeletedConversationObject {
  id: string;
  object: 'conversation.deleted';
  deleted: true;
}

export function conversationObject({
  id,
  createdAt,
  metadata,
}: Pick<ConversationSummary, 'id' | 'createdAt' | 'metadata'>): ConversationObject {
  return {
    id: conversationObjectId(id),
    object: 'conversation',
    created_at: Math.floor(createdAt / 1000),
    metadata: metadata ?? {},
  };
}
