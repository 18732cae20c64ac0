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

export interface ConversationSummary {
  id: string;
  title: string;
  createdAt: number;
  updatedAt: number;
  /** Every message, the system's too. */
  messageCount: number;
  /** Public id of the generation that runs in it now. */
  activeGenerationId: string | null;
}

export interface Conversation extends ConversationSummary {
  /** In order, oldest first. */
  messages: Message[];
}

/** A conversation whose messages are read page by page: they may be more than should be held at once. */
export interface ConversationReading extends ConversationSummary {
  /**
   * In order, oldest first; can be iterated once. Messages that are deleted meanwhile are skipped.
   */
  pages: AsyncIterable<Message[]>;
}

export interface ConversationPage {
  conversations: ConversationSummary[];
  total: number;
}
