import type {
  Conversation,
  ConversationPage,
  ConversationReading,
} from '../domain/conversation.js';

/** Which messages to read: the newest `limit`, or the `limit` before message `before`. */
export interface MessageWindow {
  limit: number;
  before?: string;
}

/**
 * Durable conversations of all owners. Every method takes the owner: for it, other owners'
 * conversations do not exist. A store that cannot be reached throws
 * `AppError('store_unavailable')`; nothing else is thrown for expected states.
 */
export abstract class ConversationStore {
  /** Summaries by `updatedAt`, newest first, ties by id (ascending). */
  abstract list(
    ownerId: string,
    page: { limit: number; offset: number },
  ): Promise<ConversationPage>;

  /**
   * The conversation with its messages, oldest first; null when the owner has none of this id;
   * `'message_not_found'` when `window.before` is not one of its messages. A streaming message has
   * the text of its stored log.
   */
  abstract find(
    ownerId: string,
    id: string,
    window?: MessageWindow,
  ): Promise<Conversation | 'message_not_found' | null>;

  /** The same for any number of messages: only a part of them is in memory at once. */
  abstract read(
    ownerId: string,
    id: string,
    window?: Partial<MessageWindow>,
  ): Promise<ConversationReading | 'message_not_found' | null>;

  /** The system prompt of a conversation, its first message; null if it has none. */
  abstract systemPrompt(ownerId: string, id: string): Promise<string | null>;

  /**
   * Sets the title; the position in the list does not change. False if the conversation does not
   * exist.
   */
  abstract rename(ownerId: string, id: string, title: string): Promise<boolean>;

  /**
   * Deletes it with its messages. A running generation is asked to stop (`conversation_deleted`)
   * and can write nothing into it any more, even if its turn is only staged. Also true for a
   * conversation that is only staged. False if it does not exist.
   */
  abstract delete(ownerId: string, id: string): Promise<boolean>;

  /** Every owner that has conversations, with their number: for the warning at the start. */
  abstract countByOwner(): Promise<Map<string, number>>;

  /**
   * Removes the owner's least recently updated conversation if they have more than `max`; never one
   * with a running generation, never `exceptId`. Returns the removed id, or null.
   */
  abstract removeOldest(ownerId: string, max: number, exceptId: string): Promise<string | null>;
}
