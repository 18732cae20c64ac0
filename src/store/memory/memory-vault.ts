import type { LogBatch } from '../../domain/generation.js';
import { PackedTexts } from '../../domain/packed-texts.js';
import type { GenerationRow } from '../local/generation-row.js';
import { pair } from '../local/generation-table.js';
import type { StoredConversation } from '../local/stored-conversation.js';
import { Vault } from '../local/vault.js';

interface PackedBatch {
  firstSeq: number;
  texts: PackedTexts;
}

/** Keeps conversations and logs in maps; rows need no second place. */
export class MemoryVault extends Vault {
  private readonly conversations = new Map<string, StoredConversation>();
  private readonly logs = new Map<string, PackedBatch[]>();

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
    const packed = { firstSeq: batch.firstSeq, texts: new PackedTexts(batch.tokens) };
    const log = this.logs.get(batch.key);
    if (log) log.push(packed);
    else this.logs.set(batch.key, [packed]);
  }

  async readLog(key: string): Promise<LogBatch[]> {
    const log = this.logs.get(key) ?? [];
    return log.map(({ firstSeq, texts }) => ({ key, firstSeq, tokens: texts.from(0) }));
  }

  async removeLog(key: string): Promise<void> {
    this.logs.delete(key);
  }
}
