import type { Message } from '../../domain/conversation.js';
import type { IndexEntry } from './conversation-index.js';

/** The fields of a conversation besides its messages. */
export interface Heading {
  readonly ownerId: string;
  readonly id: string;
  readonly title: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Access to stored messages, which may be too many to hold in memory at once. */
export interface StoredMessages {
  readonly length: number;
  /** The place of a message, counted from 0; -1 where there is none of this id. */
  placeOf(id: string): number;
  /**
   * The messages from place `from` up to place `to`, without it, as they are now; null if the
   * conversation was deleted meanwhile.
   */
  read(from: number, to: number): Promise<readonly Message[] | null>;
}

/** A stored conversation. */
export interface StoredConversation extends Heading {
  readonly messages: StoredMessages;
}

/** A conversation as it is to be stored: the first `unchangedCount` of its stored messages, then `added`. */
export interface ConversationChange extends Heading {
  readonly stored: StoredMessages;
  readonly unchangedCount: number;
  readonly added: readonly Message[];
}

/** The heading alone, field by field: a copy of the rest would take several times as long. */
export function headingOf({ ownerId, id, title, createdAt, updatedAt }: Heading): Heading {
  return { ownerId, id, title, createdAt, updatedAt };
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

  /** From the end, since callers mostly request new messages. */
  placeOf(id: string): number {
    return this.all.findLastIndex((message) => message.id === id);
  }

  async read(from: number, to: number): Promise<readonly Message[]> {
    return this.all.slice(from, to);
  }
}
