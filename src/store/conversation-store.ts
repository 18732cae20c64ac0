import type {
  Conversation,
  ConversationMetadata,
  ConversationPage,
  ConversationReading,
  ConversationSettings,
  ConversationSummary,
  Message,
  TagCount,
  TitleSource,
} from '../domain/conversation.js';
import type { StagedMessage } from '../domain/generation.js';
import type {
  UpdateResult,
  DeleteResult,
  DeleteMessageResult,
  AppendResult,
  TakeOutResult,
  ForkResult,
} from './conversation-results.js';

/**
 * Which messages are read: the newest `limit` of a branch. Left out `branch` is the active one;
 * `through`: the branch through that message, on to the newest message below it; `upTo`: the messages up
 * to and with that one (the conversation's id or the system prompt's: the system prompt alone);
 * `'all'`: every message in the order made, which puts parents first.
 */
export interface MessageWindow {
  limit: number;
  branch?: 'all' | { through: string } | { upTo: string };
  /**
   * Only what is above this message, whatever branch it is on; of `'all'`: what was made before it.
   */
  before?: string;
}

/** Which conversations a list has, and in which order; ties by id, ascending. */
export interface ListFilter {
  /** Null: whether they are or not. */
  archived: boolean | null;
  pinned: boolean | null;
  /** Compared exactly. */
  tag: string | null;
  sort: 'updatedAt' | 'createdAt';
  order: 'desc' | 'asc';
}

/** A place in a list: behind the conversation with this time, of those of one time with this id. */
export interface ListPlace {
  time: number;
  id: string;
}

export interface ListRequest extends ListFilter {
  limit: number;
  /** How many are skipped, or the place behind which the page begins. */
  from: { offset: number } | { after: ListPlace };
  /** Only those with `sort` times up to this one: what is touched during a walk is not met again. */
  until: number | null;
}

/** The revisions of which a conversation must have one for a change to be made; null: any. */
export type Expected = readonly number[] | null;

/** A conversation that its owner makes before its first message. */
export interface NewConversation extends Omit<ConversationSettings, 'title' | 'system'> {
  id: string;
  /** Null: `UNNAMED`, until its first message names it. */
  title: string | null;
  system: SystemPrompt | null;
  /** Left out: none. */
  metadata?: ConversationMetadata | null;
  createdAt: number;
}

/** A system prompt, with its id and time as a message. */
export interface SystemPrompt {
  id: string;
  content: string;
  createdAt: number;
}

/** A message that a client named, and where it is. */
export interface LocatedMessage extends Pick<Message, 'id' | 'clientId' | 'parentId' | 'role'> {
  /** Whether it is on the active branch. */
  active: boolean;
}

/** What is set of a conversation; what is left out stays, null is none. */
export interface ConversationUpdate extends Partial<
  Omit<ConversationSettings, 'title' | 'system'>
> {
  /** One that is there keeps its id and time. */
  system?: SystemPrompt | null;
  metadata?: ConversationMetadata | null;
  /** By the model: only while `titleBy` is `message`, else the whole update changes nothing. */
  title?: { text: string; by: Exclude<TitleSource, 'message'> };
  /** Chooses the branch through this message, on to the newest message below it. */
  activeMessageId?: string;
}

export interface Fork {
  /** The last message that is copied, as in `MessageWindow.branch.upTo`; null: the end of the active branch. */
  messageId: string | null;
  /** Of the copy. */
  id: string;
  /** Whether the copy is disposable; left out: it is not. */
  disposable?: boolean;
  createdAt: number;
  /** Makes an id for the copy of a message. */
  newId: () => string;
}

/**
 * Durable conversations of all owners. Every method takes the owner: for it, other owners'
 * conversations do not exist. A store that cannot be reached throws
 * `AppError('store_unavailable')`; nothing else is thrown for expected states.
 *
 * A change is one step for readers, raises `revision` by one, and is decided in its own write: of
 * several that expect the same revision one is made.
 */
export abstract class ConversationStore {
  abstract list(ownerId: string, request: ListRequest): Promise<ConversationPage>;

  /** Of all the owner's conversations, by tag (by its UTF-8 bytes). */
  abstract tags(ownerId: string): Promise<TagCount[]>;

  /**
   * The conversation with its messages, oldest first; null when the owner has none of this id;
   * `'message_not_found'` when the window names a message that it does not have. A streaming message
   * has the text of its stored log.
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

  /**
   * The messages of which `id` or `clientId` is one of these, in the order made, without the system
   * prompt; none where the owner has no such conversation. At most 1,000 names.
   */
  abstract located(
    ownerId: string,
    id: string,
    names: readonly string[],
  ): Promise<LocatedMessage[]>;

  /**
   * Whether the owner had a conversation of this id with a chat id, and it was deleted, in whatever way
   * but the owner's erasure. Its id must not be used again.
   */
  abstract wasDeleted(ownerId: string, id: string): Promise<boolean>;

  /** Without its messages. */
  abstract summary(
    ownerId: string,
    id: string,
  ): Promise<(ConversationSummary & Pick<Conversation, 'system' | 'parameters'>) | null>;

  /** The summaries of those of these conversations that the owner has, in no order. */
  abstract summaries(ownerId: string, ids: readonly string[]): Promise<ConversationSummary[]>;

  /** A conversation of this id must not exist. */
  abstract create(ownerId: string, conversation: NewConversation): Promise<void>;

  /**
   * Sets what is named; the position in the list by `updatedAt` does not change. Without anything named
   * only the revision rises.
   */
  abstract update(
    ownerId: string,
    id: string,
    update: ConversationUpdate,
    expected: Expected,
  ): Promise<UpdateResult>;

  /**
   * Deletes it with its messages. A running generation is asked to stop (`conversation_deleted`)
   * and can write nothing into it any more, even if its turn is only staged. Also `deleted` for a
   * conversation that is only staged.
   */
  abstract delete(ownerId: string, id: string, expected: Expected): Promise<DeleteResult>;

  /**
   * Deletes a conversation to which nothing has happened since it was made, and in which nothing runs; false of
   * any other. Nothing that is recorded of generations goes: they failed in it without a message.
   */
  abstract discard(ownerId: string, id: string): Promise<boolean>;

  /**
   * Deletes a message and all below it. If the active branch went through it, the newest message that
   * is left below its parent becomes its end, else the parent, else none. Images of no other message
   * go, too. `busy` while a generation runs or waits in the conversation.
   */
  abstract deleteMessage(
    ownerId: string,
    id: string,
    messageId: string,
    expected: Expected,
  ): Promise<DeleteMessageResult>;

  /**
   * Takes messages out and leaves what is below them: that follows then what the nearest of its ancestors
   * is that stays, or nothing. The active end that is taken out gives its place to the nearest of its
   * ancestors that stays. Ids of no message and of the system prompt are ignored. Images of no other
   * message go, and what ended generations have of the answers taken out. `busy` while a generation runs
   * or waits in the conversation.
   */
  abstract takeOut(
    ownerId: string,
    id: string,
    messageIds: readonly string[],
  ): Promise<TakeOutResult>;

  /**
   * Adds messages at the end of the active branch, each below the one before it; none is of role
   * `system`. Their ids are new. `updatedAt` becomes `now`. Images of them are put before, as for a turn. `busy` while
   * a generation runs or waits in the conversation.
   */
  abstract append(
    ownerId: string,
    id: string,
    messages: readonly StagedMessage[],
    now: number,
  ): Promise<AppendResult>;

  /**
   * Copies a branch into a new conversation: new ids, the same texts, parts, times, settings, title and
   * tags; not pinned, not archived; without generations; images are shared.
   */
  abstract fork(ownerId: string, id: string, fork: Fork, expected: Expected): Promise<ForkResult>;

  /** Every owner that has conversations, with their number: for the warning at the start. */
  abstract countByOwner(): Promise<Map<string, number>>;

  /**
   * Removes the owner's least recently updated conversation if they have more than `max`: of the disposable
   * ones that are not pinned, then of the others that are not, then of the pinned ones; never one with a running generation, never `exceptId`. Returns the removed id, or null.
   */
  abstract removeOldest(ownerId: string, max: number, exceptId: string): Promise<string | null>;
}
