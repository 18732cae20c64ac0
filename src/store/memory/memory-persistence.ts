import type { ImageReference } from '../../domain/conversation.js';
import type { LogBatch } from '../../domain/generation.js';
import type { NewImage } from '../../domain/image.js';
import { PackedPieces } from '../../domain/packed-pieces.js';
import type { GenerationRow } from '../local/generation-row.js';
import { LocalPersistence } from '../local/local-persistence.js';
import { OwnedMap } from '../local/owned-map.js';
import {
  headingOf,
  MessagesInMemory,
  type ConversationChange,
  type Heading,
  type StoredConversation,
} from '../local/stored-conversation.js';

/** Stores conversations and logs in maps; rows are only in the table. */
export class MemoryPersistence extends LocalPersistence {
  private readonly conversations = new OwnedMap<Heading & { messages: MessagesInMemory }>();
  /** The tokens of each generation, from the first on. */
  private readonly logs = new Map<string, PackedPieces>();
  private readonly images = new OwnedMap<Buffer>();

  async loadConversation(ownerId: string, id: string): Promise<StoredConversation | null> {
    return this.conversations.get(ownerId, id) ?? null;
  }

  async saveConversation(change: ConversationChange): Promise<void> {
    const { ownerId, id, unchangedCount, added } = change;
    const known = this.conversations.get(ownerId, id)?.messages.all ?? [];
    const messages = new MessagesInMemory([...known.slice(0, unchangedCount), ...added]);
    this.conversations.set(ownerId, id, { messages, ...headingOf(change) });
  }

  async removeConversation(ownerId: string, id: string): Promise<void> {
    this.conversations.delete(ownerId, id);
  }

  async saveGeneration(_row: GenerationRow): Promise<void> {
    // The table already has it.
  }

  async removeGeneration(key: string): Promise<void> {
    this.logs.delete(key);
  }

  async appendLog(batch: LogBatch): Promise<void> {
    const log = this.logs.get(batch.key);
    if (log) log.add(batch.tokens);
    else this.logs.set(batch.key, new PackedPieces(batch.tokens));
  }

  async readLog(key: string): Promise<LogBatch[]> {
    const log = this.logs.get(key);
    return log ? [{ key, firstSeq: 1, tokens: log.from(0) }] : [];
  }

  async removeLog(key: string): Promise<void> {
    this.logs.delete(key);
  }

  async saveImage(ownerId: string, image: NewImage): Promise<void> {
    this.images.set(ownerId, image.id, Buffer.concat([...image.pieces()]));
  }

  async readImage(
    ownerId: string,
    { id }: ImageReference,
    start: number,
    end: number,
  ): Promise<Buffer | null> {
    return this.images.get(ownerId, id)?.subarray(start, end) ?? null;
  }

  async removeImage(ownerId: string, { id }: ImageReference): Promise<void> {
    this.images.delete(ownerId, id);
  }

  async saveImageUse(): Promise<void> {
    // The index already has it.
  }

  async removeImageUse(): Promise<void> {
    // It was only in the index.
  }
}
