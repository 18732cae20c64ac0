import type { ImageReference } from '../../domain/conversation.js';
import type { LogBatch } from '../../domain/generation.js';
import type { NewImage } from '../../domain/image.js';
import type { UsageItem, UtcDay } from '../../domain/token-usage.js';
import type { ImageUse } from '../image-store.js';
import type { RecordedChange } from '../local/change-run.js';
import type { GenerationRow } from '../local/generation-row.js';
import { LocalPersistence } from '../local/local-persistence.js';
import type {
  ConversationChange,
  ConversationCopy,
  StoredConversation,
} from '../local/stored-conversation.js';
import type { ConversationFiles } from './conversation-files.js';
import type { DeletedChatFiles } from './deleted-chat-files.js';
import type { GenerationFiles } from './generation-files.js';
import type { ImageFiles } from './image-files.js';
import type { UsageFiles } from './usage-files.js';

/** Stores conversations, generations, images and usage in files. */
export class FilePersistence extends LocalPersistence {
  constructor(
    private readonly conversations: ConversationFiles,
    private readonly generations: GenerationFiles,
    private readonly images: ImageFiles,
    private readonly usage: UsageFiles,
    private readonly deletedChats: DeletedChatFiles,
  ) {
    super();
  }

  loadConversation(ownerId: string, id: string): Promise<StoredConversation | null> {
    return this.conversations.load(ownerId, id);
  }

  saveConversation(change: ConversationChange): Promise<void> {
    return this.conversations.save(change);
  }

  saveCopy(copy: ConversationCopy): Promise<void> {
    return this.conversations.saveCopy(copy);
  }

  removeConversation(deletion: RecordedChange): Promise<void> {
    return this.conversations.remove(deletion);
  }

  saveDeletedChat(ownerId: string, id: string, now: number): Promise<void> {
    return this.deletedChats.save(ownerId, id, now);
  }

  isDeletedChat(ownerId: string, id: string): Promise<boolean> {
    return this.deletedChats.has(ownerId, id);
  }

  removeDeletedChat(ownerId: string, id: string): Promise<void> {
    return this.deletedChats.remove(ownerId, id);
  }

  saveGeneration(row: GenerationRow, changes?: readonly RecordedChange[]): Promise<void> {
    return this.generations.save(row, changes);
  }

  removeGeneration(key: string): Promise<void> {
    return this.generations.remove(key);
  }

  appendLog(batch: LogBatch): Promise<void> {
    return this.generations.append(batch);
  }

  readLog(key: string): Promise<LogBatch[]> {
    return this.generations.readLog(key);
  }

  removeLog(key: string): Promise<void> {
    return this.generations.removeLog(key);
  }

  saveImage(ownerId: string, image: NewImage): Promise<void> {
    return this.images.save(ownerId, image);
  }

  readImage(
    ownerId: string,
    image: ImageReference,
    start: number,
    end: number,
  ): Promise<Buffer | null> {
    return this.images.read(ownerId, image, start, end);
  }

  removeImage(ownerId: string, image: ImageReference): Promise<void> {
    return this.images.remove(ownerId, image);
  }

  saveImageUse(use: ImageUse, imageId: string, state: { isOpen: boolean }): Promise<void> {
    return this.images.saveUse(use, imageId, state);
  }

  removeImageUse(use: ImageUse, imageId: string): Promise<void> {
    return this.images.removeUse(use, imageId);
  }
  saveUsage(day: UtcDay, items: readonly UsageItem[], counted: readonly string[]): Promise<void> {
    return this.usage.save(day, items, counted);
  }
}
