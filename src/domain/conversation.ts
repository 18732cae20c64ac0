import type { AnswerParts } from './parts.js';

/** Times are epoch milliseconds in all internal code; only the HTTP layer uses ISO 8601. */

export type MessageRole = 'system' | 'user' | 'assistant' | 'tool';

/** `streaming` while its generation runs; only answers have another status than `complete`. */
export type MessageStatus = 'complete' | 'streaming' | 'cancelled' | 'failed';

/** `tool_calls`: the model waits for the results of the tools that it called. */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'cancelled';

/** Tokens as the model counted them, 0 to 2^31 - 1; null where it did not count. Never both. */
export interface Usage {
  promptTokens: number | null;
  completionTokens: number | null;
}

/** An image of a user's message; its bytes are stored once for an owner. */
export interface ImageReference {
  /** SHA-256 of its bytes, in hexadecimal digits. */
  readonly id: string;
  readonly mediaType: string;
  /** Its size. */
  readonly bytes: number;
}

/** The tool call that a message of role `tool` answers. */
export interface ToolAnswer {
  readonly callId: string;
  /** Whether the tool failed: the content says how. */
  readonly isError: boolean;
}

export interface Message {
  id: string;
  /**
   * The id that a client gave it, at most 100 characters; null: none. Several of a conversation may have
   * the same: an edited message has that of the one that it replaces.
   */
  clientId: string | null;
  /**
   * The message that it follows; of a first one, and of the system prompt, the conversation's id:
   * the top of the tree.
   */
  parentId: string;
  role: MessageRole;
  content: string;
  createdAt: number;
  status: MessageStatus;
  /** Assistant messages only; null elsewhere. */
  model: string | null;
  finishReason: FinishReason | null;
  usage: Usage | null;
  /** What an answer has beside its text; null where it has nothing, and of other roles. */
  parts: AnswerParts | null;
  /** Images of a user's message; null where it has none. */
  images: readonly ImageReference[] | null;
  /** Of role `tool` only; null elsewhere. */
  toolAnswer: ToolAnswer | null;
  generationId: string | null;
  /** Of a `streaming` message: the number of the last event that `content` holds; null elsewhere. */
  seq: number | null;
}

/** A message that has ended as it is elsewhere. Field by field: what was read says more than a message. */
export function messageAt(
  message: Message,
  { id, parentId, generationId }: Pick<Message, 'id' | 'parentId' | 'generationId'>,
): Message {
  return {
    id,
    clientId: message.clientId,
    parentId,
    role: message.role,
    content: message.content,
    createdAt: message.createdAt,
    status: message.status,
    model: message.model,
    finishReason: message.finishReason,
    usage: message.usage,
    parts: message.parts,
    images: message.images,
    toolAnswer: message.toolAnswer,
    generationId,
    seq: null,
  };
}

/** A message as it is read, with its place in the tree. */
export interface BranchMessage extends Message {
  /** Ids of all messages with its parent, itself too, in the order made. Of the system prompt: its own. */
  siblings: readonly string[];
}

/** What named a conversation: its first message, the model, or its owner, whose title stays. */
export const TITLE_SOURCES = ['message', 'model', 'user'] as const;
export type TitleSource = (typeof TITLE_SOURCES)[number];

/** Parameters for a model as the API has them, by their names there; only those that were set. */
export type ConversationParameters = Readonly<Record<string, unknown>>;

/** Short texts by name, as a client of a wire gives them. */
export type ConversationMetadata = Readonly<Record<string, string>>;

/** What an owner sets; `system` is shown as the first message. */
export interface ConversationSettings {
  title: string;
  system: string | null;
  model: string | null;
  parameters: ConversationParameters | null;
  tags: readonly string[];
  pinned: boolean;
  archived: boolean;
}

export interface ConversationSummary {
  id: string;
  /** The id that a client gave it, at most 100 characters, unique with its owner; null: none. */
  chatId: string | null;
  title: string;
  titleBy: TitleSource;
  createdAt: number;
  updatedAt: number;
  /** Messages of the active branch, and the system prompt. */
  messageCount: number;
  /** Messages of every branch, and the system prompt. */
  messageTotal: number;
  /** The end of the active branch; null while there is no message but the system prompt. */
  activeMessageId: string | null;
  /** Public id of the generation that runs in it now. */
  activeGenerationId: string | null;
  /** Rises with each change of it or of its messages, from 1 on; not with the text of an answer. */
  revision: number;
  model: string | null;
  tags: readonly string[];
  pinned: boolean;
  archived: boolean;
  /** The conversation and message that it was copied from; they may be deleted. */
  forkedFrom: ForkOrigin | null;
  /** Nobody made it on purpose: of those of its owner that are too many it goes before others. */
  disposable: boolean;
  /** What a client of a wire notes of it; null: nothing. */
  metadata: ConversationMetadata | null;
}

export interface ForkOrigin {
  conversationId: string;
  /** Null: it had no messages but the system prompt. */
  messageId: string | null;
}

/** What is read of a conversation besides its messages. */
export interface ConversationHead extends ConversationSummary {
  system: string | null;
  parameters: ConversationParameters | null;
  /** Messages of the branch that is read, up to its end, and the system prompt. */
  branchLength: number;
}

export interface Conversation extends ConversationHead {
  /** In order, oldest first. */
  messages: BranchMessage[];
}

/** A conversation whose messages are read page by page: they may be more than should be held at once. */
export interface ConversationReading extends ConversationHead {
  /**
   * In order, oldest first; can be iterated once. Messages that are deleted meanwhile are skipped.
   */
  pages: AsyncIterable<BranchMessage[]>;
}

export interface ConversationPage {
  conversations: ConversationSummary[];
  /** How many there are by the filters, on all pages. */
  total: number;
}

/** A tag, and how many conversations of its owner have it. */
export interface TagCount {
  tag: string;
  count: number;
}

/** Title of a conversation that nothing has named yet. */
export const UNNAMED = 'New conversation';
