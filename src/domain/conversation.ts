import type { AnswerParts } from './parts.js';

/** Times are epoch milliseconds in all internal code; only the HTTP layer uses ISO 8601. */

export type MessageRole = 'system' | 'user' | 'assistant';

/** `streaming` while its generation runs; user and system messages are always `complete`. */
export type MessageStatus = 'complete' | 'streaming' | 'cancelled' | 'failed';

export type FinishReason = 'stop' | 'length' | 'cancelled';

/** Tokens as the model counted them, 0 to 2^31 - 1; null where it did not count. Never both. */
export interface Usage {
  promptTokens: number | null;
  completionTokens: number | null;
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
