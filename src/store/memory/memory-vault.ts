import type { LogBatch } from '../../domain/generation.js';
import type { GenerationRow } from '../local/generation-row.js';
import { pair } from '../local/generation-table.js';
import type { StoredConversation } from '../local/stored-conversation.js';
import { Vault } from '../local/vault.js';

/** Keeps conversations and logs in maps; rows need no second place. */
export class MemoryVault extends Vault {
  private readonly conversations = new Map<string, StoredConversation>();
  private readonly logs = new Map<string, LogBatch[]>();

  async loadConversation(ownerId: string, id: string): Promise<StoredConversation | null> {
    return this.conversations.get(pair(ownerId, id)) ?? null;
  }

  async saveConversation(conversation: StoredConversation): Promise<void> {
    this.conversations.set(pair(conversation.ownerId, conversation.id), conversation);
  }

  async removeConversation(ownerId: string, id: string): Promise<void> {
    this.conversations.delete(pair(ownerId, id));
  }

  async saveGeneration(_row: GenerationRow): Promise<void> {
    // The table has it already.
  }

  async removeGeneration(key: string): Promise<void> {
    this.logs.delete(key);
  }

  async appendLog(batch: LogBatch): Promise<void> {
    const log = this.logs.get(batch.key);
    if (log) log.push(batch);
    else this.logs.set(batch.key, [batch]);
  }

  async readLog(key: string): Promise<LogBatch[]> {
    return [...(this.logs.get(key) ?? [])];
  }

  async removeLog(key: string): Promise<void> {
    this.logs.delete(key);
  }
}
