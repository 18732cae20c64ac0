import type { LogBatch } from '../../domain/generation.js';
import type { GenerationRow } from '../local/generation-row.js';
import { LocalPersistence } from '../local/local-persistence.js';
import type { ConversationChange, StoredConversation } from '../local/stored-conversation.js';
import type { ConversationFiles } from './conversation-files.js';
import type { GenerationFiles } from './generation-files.js';

/** Stores conversations and generations in files. */
export class FilePersistence extends LocalPersistence {
  constructor(
    private readonly conversations: ConversationFiles,
    private readonly generations: GenerationFiles,
  ) {
    super();
  }

  loadConversation(ownerId: string, id: string): Promise<StoredConversation | null> {
    return this.conversations.load(ownerId, id);
  }

  saveConversation(change: ConversationChange): Promise<void> {
    return this.conversations.save(change);
  }

  removeConversation(ownerId: string, id: string): Promise<void> {
    return this.conversations.remove(ownerId, id);
  }

  saveGeneration(row: GenerationRow): Promise<void> {
    return this.generations.save(row);
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
}
