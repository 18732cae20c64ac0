import { randomUUID } from 'node:crypto';
import type { ChangeEvent } from '../../domain/change.js';
import type { ConversationParameters, Message } from '../../domain/conversation.js';
import type { LocatedMessage } from '../conversation-store.js';
import type { MessageTree } from '../rules/tree.js';
import type { RecordedChange } from './change-run.js';
import type { IndexEntry } from './conversation-index.js';

/** A conversation besides its messages. */
export interface Heading extends IndexEntry {
  readonly ownerId: string;
  readonly parameters: ConversationParameters | null;
}

/** A message by its names, without its text. */
export type NamedMessage = Omit<LocatedMessage, 'active'>;

/** Access to stored messages, which may be too many to hold in memory at once. */
export interface StoredMessages {
  readonly length: number;
  /** Whether the first one is the system prompt. */
  readonly hasSystem: boolean;
  /** The id of the last one in the order made. */
  readonly lastId: string | null;
  /** The place of a message in the order made, counted from 0; -1 where there is none of this id. */
  placeOf(id: string): number;
  /** Those of which the id or the client's id is one of these, in the order made, without the system prompt. */
  named(names: ReadonlySet<string>): NamedMessage[];
  /** Made when it is first needed: a conversation of one branch does without it. */
  tree(): MessageTree;
  /**
   * The messages at these places (ascending) as they are now, without those that were deleted meanwhile;
   * null if the conversation was.
   */
  read(places: readonly number[]): Promise<readonly Message[] | null>;
}

/** A stored conversation. */
export interface StoredConversation {
  readonly heading: Heading;
  readonly messages: StoredMessages;
}

/** Stored messages from place `from` up to place `to`, without it. */
export interface StoredRange {
  readonly from: number;
  readonly to: number;
}

/** Stored messages as they are, or one of them as it is to be stored in their place: with another parent. */
export type KeptMessages = StoredRange | Message;

/** An event of the feed, before it is recorded. */
export interface DatedEvent {
  /** Epoch milliseconds. */
  readonly time: number;
  readonly event: ChangeEvent;
}

/**
 * A conversation as it is to be stored: a new or changed system prompt, then what is kept of its stored
 * messages in their order, then other messages. All that is kept has its parent among what is kept.
 */
export interface ConversationChange {
  readonly heading: Heading;
  readonly stored: StoredMessages;
  readonly system: Message | null;
  readonly kept: readonly KeptMessages[];
  readonly added: readonly Message[];
  /** What the change is for the feed, recorded in the same write. */
  readonly events: readonly DatedEvent[];
}

/** A new conversation of one branch, whose messages may be too many to hold in memory at once. */
export interface ConversationCopy {
  readonly heading: Heading;
  /** Whether the first message is the system prompt. */
  readonly hasSystem: boolean;
  /** In order; can be iterated once. */
  readonly pages: AsyncIterable<readonly Message[]>;
  readonly events: readonly DatedEvent[];
}

/** The records of a change for the feed. */
export function changesIn({
  heading,
  events,
}: Pick<ConversationChange, 'heading' | 'events'>): RecordedChange[] {
  return events.map((event) => recordOf(heading, event));
}

export function recordOf(
  { ownerId, id: conversationId, revision }: Pick<Heading, 'ownerId' | 'id' | 'revision'>,
  { time, event }: DatedEvent,
): RecordedChange {
  return { id: randomUUID(), ownerId, conversationId, revision, time, event };
}

/** Field by field: a copy of the rest would take several times as long. */
export function summaryOf(heading: IndexEntry): IndexEntry {
  return {
    id: heading.id,
    chatId: heading.chatId,
    title: heading.title,
    titleBy: heading.titleBy,
    createdAt: heading.createdAt,
    updatedAt: heading.updatedAt,
    messageCount: heading.messageCount,
    messageTotal: heading.messageTotal,
    activeMessageId: heading.activeMessageId,
    revision: heading.revision,
    model: heading.model,
    tags: heading.tags,
    pinned: heading.pinned,
    archived: heading.archived,
    forkedFrom: heading.forkedFrom,
    disposable: heading.disposable,
    metadata: heading.metadata,
  };
}

export function hasName(
  { id, clientId }: Pick<Message, 'id' | 'clientId'>,
  names: ReadonlySet<string>,
): boolean {
  return names.has(id) || (clientId !== null && names.has(clientId));
}

export function placesBetween(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, n) => from + n);
}

export function isRange(kept: KeptMessages): kept is StoredRange {
  return 'from' in kept;
}

/** A range in a list of ranges; no range where it would be empty. */
export function rangeBetween(from: number, to: number): StoredRange[] {
  return from < to ? [{ from, to }] : [];
}

/** The stored messages from the first on, if nothing else of them is kept. */
export function keptFromStart({ system, kept }: ConversationChange): number | null {
  const [range, ...others] = kept;
  if (system || others.length > 0) return null;
  if (!range) return 0;
  return isRange(range) && range.from === 0 ? range.to : null;
}
