import type { ImageReference } from '../../domain/conversation.js';
import type { LogBatch } from '../../domain/generation.js';
import type { NewImage } from '../../domain/image.js';
import type { UsageItem, UtcDay } from '../../domain/token-usage.js';
import type { ImageUse } from '../image-store.js';
import type { RecordedChange } from './change-run.js';
import type { GenerationRow } from './generation-row.js';
import type {
  ConversationChange,
  ConversationCopy,
  StoredConversation,
} from './stored-conversation.js';

/**
 * Where a store of one process puts what must outlive a call: memory or files. It decides nothing.
 * Each write is whole or has not happened; a failing one throws `AppError('store_unavailable')`. The
 * events of a write are recorded with it, once it is certain, in the store's feed.
 *
 * Writes of one conversation, and of the generations that run in it, come one at a time. These come at
 * any time, during another write of the same conversation or generation too: reads, the first write of
 * a generation (its claim), and the writes of the sweep, which removes ended generations and old logs.
 */
export abstract class LocalPersistence {
  abstract loadConversation(ownerId: string, id: string): Promise<StoredConversation | null>;
  /** The change is one of the conversation as `loadConversation` gave it, or of a new one. */
  abstract saveConversation(change: ConversationChange): Promise<void>;
  /** A new conversation. If its pages fail, nothing is written. */
  abstract saveCopy(copy: ConversationCopy): Promise<void>;
  abstract removeConversation(deletion: RecordedChange): Promise<void>;

  /** Notes that a conversation with a chat id is deleted now; before it is removed. */
  abstract saveDeletedChat(ownerId: string, id: string, now: number): Promise<void>;
  abstract isDeletedChat(ownerId: string, id: string): Promise<boolean>;
  abstract removeDeletedChat(ownerId: string, id: string): Promise<void>;

  /** @param changes what it is for the feed, if no conversation is written with it */
  abstract saveGeneration(row: GenerationRow, changes?: readonly RecordedChange[]): Promise<void>;
  /** Removes the row and its log. */
  abstract removeGeneration(key: string): Promise<void>;

  abstract appendLog(batch: LogBatch): Promise<void>;
  /** The whole log in order; empty if there is none. */
  abstract readLog(key: string): Promise<LogBatch[]>;
  abstract removeLog(key: string): Promise<void>;

  /** Images of one owner, and their uses, are changed one after the other. */
  abstract saveImage(ownerId: string, image: NewImage): Promise<void>;
  /** Its bytes from `start` up to `end`, as far as it has them; null if it is not there. */
  abstract readImage(
    ownerId: string,
    image: ImageReference,
    start: number,
    end: number,
  ): Promise<Buffer | null>;
  abstract removeImage(ownerId: string, image: ImageReference): Promise<void>;
  /** `isOpen`: whether the message has come about is not known yet. */
  abstract saveImageUse(use: ImageUse, imageId: string, state: { isOpen: boolean }): Promise<void>;
  abstract removeImageUse(use: ImageUse, imageId: string): Promise<void>;

  /**
   * The usage of a day in place of what was saved of it. `counted`: keys of the generations in it whose
   * rows are still there.
   */
  abstract saveUsage(
    day: UtcDay,
    items: readonly UsageItem[],
    counted: readonly string[],
  ): Promise<void>;
}
