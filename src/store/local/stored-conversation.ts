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

/** Messages where they are kept. They may be more than should be held at once. */
export interface KeptMessages {
  readonly length: number;
  /** The place of a message, counted from 0; -1 where there is none of this id. */
  placeOf(id: string): number;
  /**
   * The messages from place `from` up to place `to`, without it, as they are now; null when the
   * conversation is gone meanwhile.
   */
  read(from: number, to: number): Promise<readonly Message[] | null>;
}

/** A conversation as it is kept. */
export interface StoredConversation extends Heading {
  readonly messages: KeptMessages;
}

/** A conversation as it is to be kept: the first `kept` of its stored messages, then `added`. */
export interface ConversationChange extends Heading {
  readonly stored: KeptMessages;
  readonly kept: number;
  readonly added: readonly Message[];
}

export function summaryOf(heading: Heading, messageCount: number): IndexEntry {
  const { id, title, createdAt, updatedAt } = heading;
  return { id, title, createdAt, updatedAt, messageCount };
}

/** Messages that are in memory. */
export class MessagesInMemory implements KeptMessages {
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
