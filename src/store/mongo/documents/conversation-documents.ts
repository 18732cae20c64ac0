import type { TitleSource } from '../../../domain/conversation.js';
import type { SystemPrompt } from '../../conversation-store.js';
import type { RecordedChange } from './change-documents.js';
import type { MessageDocument } from './message-document.js';

/**
 * A value that is unique over all owners, of something whose id is only unique for one. No id holds
 * a NUL, so the result is unambiguous.
 */
export function owned(ownerId: string, id: string): string {
  return `${ownerId}\u0000${id}`;
}

/** Id of the message at a place in a conversation, counted from 1; of place 0: the top of the tree. */
export function placeKey(conversation: string, seq: number): string {
  return `${conversation}\u0000${seq}`;
}

/** The place in a `placeKey`. */
export function placeIn(key: string): number {
  return Number(key.slice(key.lastIndexOf('\u0000') + 1));
}

/** The tree of a conversation's messages, as its last change left it. */
export interface StoredTree {
  /** `turns` and `messageCount` then: if there are more, a release without branches went on. */
  turns: number;
  last: number;
  /** Messages of the active branch, and of all branches; without the system prompt. */
  depth: number;
  total: number;
  /** Id of the end of the active branch; null where there is no message. */
  end: string | null;
  /** The newest runs of the active branch, as `packRuns` has them. */
  runs: number[];
  /** As in `Branch`. */
  isLoose?: true;
  /** Up to this place messages are of releases without branches: each follows the one before it. */
  chain: number;
}

/** Where new messages are in a tree: each but the first one below the one at the place before it. */
export interface Growth {
  /** The tree with them. */
  tree: StoredTree;
  /** Place of the first one. */
  start: number;
  /** As in `MessageDocument`, of all of them; null: missing there. */
  run: number | null;
  /** As in `MessageDocument`, of the first one; null: missing there. */
  parent: string | null;
  above: number[];
}

/** Messages that were deleted or taken out, and may still have to be removed. */
export interface StoredRemoval {
  /** Unique for each. */
  token: string;
  places: number[];
  /** Ids of those that may have images. */
  messages: string[];
}

/** Messages at places that follow each other, which are a run since one above them was taken out. */
export interface MovedRun {
  first: number;
  last: number;
  /** Of the first one. */
  depth: number;
  /** By how much the depths were greater before, of those that have one. */
  by: number;
  /** Place of the parent of the first one; 0: the top. */
  parent: number;
  /** As in `MessageDocument`, of the first one. */
  above: number[];
  /** Places of those behind the first one that had no depth. */
  earlier: number[];
}

/** What a change made of messages, and may still have to be written to them. */
export interface StoredPending {
  /** Unique for each. */
  token: string;
  /** New ones, at their places. */
  added: MessageDocument[];
  runs: MovedRun[];
  /** Of the runs: greater than what any message has as `moved`. */
  moved: number;
}

/**
 * A conversation. Its messages are in a collection of their own, at the places 1 to `messageCount`:
 * messages at higher places are not committed yet, and without this document no message is visible.
 * Fields that may be missing are those of a release that did not have them.
 */
export interface ConversationDocument {
  /** `owned(ownerId, id)`: no query reaches it without naming the owner. */
  _id: string;
  ownerId: string;
  id: string;
  title: string;
  titleBy?: TitleSource;
  createdAt: number;
  updatedAt: number;
  /** The last place. */
  messageCount: number;
  /** Number of committed turns: a turn is committed only to the state for which it was made. */
  turns: number;
  /** Number of changes that are no commits: the revision is this and `turns`. */
  changes?: number | null;
  /** The value of `turns` at the last end of an answer. */
  filled?: number;
  /** The system prompt at place 1, where the first turn had one; never changes but for its text. */
  opening?: SystemPrompt | null;
  /** The system prompt, once it was set or removed. */
  system?: SystemPrompt | null;
  tree?: StoredTree | null;
  /** Set by whoever is about to change messages, emptied by a turn that finds it. */
  deleting?: string | null;
  removal?: StoredRemoval | null;
  /** Whoever reads messages, or changes the conversation, writes this first. */
  pending?: StoredPending | null;
  model?: string | null;
  /** As JSON: they may have any names. */
  parameters?: string | null;
  tags?: string[];
  /** Never false, so that a missing field means the same as null to an index. */
  pinned?: true | null;
  archived?: true | null;
  forkedFrom?: { conversationId: string; messageId: string | null } | null;
  chatId?: string | null;
  disposable?: true | null;
  /** As JSON: it may have any names. */
  metadata?: string | null;
  /** It has or had a chat id: its tombstone stays for good. */
  isChat?: true | null;
  /**
   * Null for an existing conversation. A deleted one stays as a tombstone, so that no slow writer
   * can create it again, until its generations are removed. That of a chat stays, from then on with the
   * negative of the time: sweeps, also those of earlier releases, look at positive ones.
   */
  deletedAt: number | null;
  /** Of a tombstone: whether its texts are removed as well. */
  purged: boolean;
  /** Of the tombstone of a conversation in which no generation wrote a message: they stay as they are. */
  isDiscarded?: true;
  /** Of a fork that is being written, which looks deleted: emptied by a sweep that gives it up. */
  draft?: string | null;
  /** Its last changes, in order, until they have their numbers. */
  outbox?: RecordedChange[];
}

/** The fields of a conversation that nothing was set of. */
export const NO_SETTINGS = {
  titleBy: 'message',
  changes: 0,
  opening: null,
  system: null,
  model: null,
  parameters: null,
  tags: [],
  pinned: null,
  archived: null,
  forkedFrom: null,
  chatId: null,
  disposable: null,
  metadata: null,
  deleting: null,
  removal: null,
  pending: null,
} as const satisfies Partial<ConversationDocument>;

/** The fields of a conversation that a client named. */
export function chatFields(
  chatId: string | null | undefined,
): Pick<ConversationDocument, 'chatId' | 'isChat'> {
  return typeof chatId === 'string' ? { chatId, isChat: true } : {};
}

export function revisionOf({
  turns,
  changes,
}: Pick<ConversationDocument, 'turns' | 'changes'>): number {
  return turns + (changes ?? 0);
}
