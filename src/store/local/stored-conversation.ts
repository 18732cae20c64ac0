import type { Message } from '../../domain/conversation.js';
import type { IndexEntry } from './conversation-index.js';

/** What is known of a conversation besides its messages. */
export interface Heading {
  readonly ownerId: string;
  readonly id: string;
  readonly title: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Messages where they are stored. They may be more than should be held in memory at once. */
export interface StoredMessages {
  readonly length: number;
  /** The place of a message, counted from 0; -1 where there is none of this id. */
  placeOf(id: string): number;
  /**
   * The messages from place `from` up to place `to`, without it, as they are now; null when the
   * conversation is gone meanwhile.
   */
  read(from: number, to: number): Promise<readonly Message[] | null>;
}

/** A conversation as it is stored. */
export interface StoredConversation extends Heading {
  readonly messages: StoredMessages;
}

/** A conversation as it is to be stored: the first `unchangedCount` of its stored messages, then `added`. */
export interface ConversationChange extends Heading {
  readonly stored: StoredMessages;
  readonly unchangedCount: number;
  readonly added: readonly Message[];
}

export function summaryOf(heading: Heading, messageCount: number): IndexEntry {
  const { id, title, createdAt, updatedAt } = heading;
  return { id, title, createdAt, updatedAt, messageCount };
}

/** Messages that are in memory. */
export class MessagesInMemory implements StoredMessages {
  constructor(readonly all: readonly Message[]) {}

  get length(): number {
    return this.all.length;
  }

  /** From the end: those that are asked for are mostly new. */
  placeOf(id: string): number {
    return this.all.findLastIndex((message) => message.id === id);
  }

  async read(from: number, to: number): Promise<readonly Message[]> {
    return this.all.slice(from, to);
  }
}
