import type { LogBatch } from '../../domain/generation.js';
import type { GenerationRow } from './generation-row.js';
import type { ConversationChange, StoredConversation } from './stored-conversation.js';

/**
 * Where a store of one process puts what must outlive a call: memory or files. It decides nothing.
 * Each write is whole or has not happened; a failing one throws `AppError('store_unavailable')`.
 *
 * Writes of one conversation, and of the generations that run in it, come one at a time. These come at
 * any time, during another write of the same conversation or generation too: reads, the first write of
 * a generation (its claim), and the writes of the sweep, which removes ended generations and old logs.
 */
export abstract class LocalPersistence {
  abstract loadConversation(ownerId: string, id: string): Promise<StoredConversation | null>;
  /** The change is one of the conversation as `loadConversation` gave it, or of a new one. */
  abstract saveConversation(change: ConversationChange): Promise<void>;
  abstract removeConversation(ownerId: string, id: string): Promise<void>;

  abstract saveGeneration(row: GenerationRow): Promise<void>;
  /** Removes the row and its log. */
  abstract removeGeneration(key: string): Promise<void>;

  abstract appendLog(batch: LogBatch): Promise<void>;
  /** The whole log in order; empty if there is none. */
  abstract readLog(key: string): Promise<LogBatch[]>;
  abstract removeLog(key: string): Promise<void>;
}
