import type { ConversationSummary } from '../../../domain/conversation.js';

/**
 * A conversation. Its messages are in a collection of their own, at the places 1 to `messageCount`:
 * what is beyond is not yet written, and without this document none of them shows.
 */
export interface ConversationDocument {
  /** `owned(ownerId, id)`: no query reaches it without naming the owner. */
  _id: string;
  ownerId: string;
  id: string;
  title: string;
  createdAt: number;
  updatedAt: number;
  messageCount: number;
  /** Turns kept so far: each is written only onto the state that it was made for. */
  turns: number;
  /**
   * Null while it lives. A deleted one stays as a tombstone, so that no writer that was slow can
   * bring it back, until the generations of its time are gone.
   */
  deletedAt: number | null;
  /** Of a tombstone: whether what was said in it is gone as well. */
  purged: boolean;
}

export function toSummary(
  document: ConversationDocument,
  activeGenerationId: string | null,
): ConversationSummary {
  return {
    id: document.id,
    title: document.title,
    createdAt: document.createdAt,
    updatedAt: document.updatedAt,
    messageCount: document.messageCount,
    activeGenerationId,
  };
}
