import type { ImageReference, Message } from '../../domain/conversation.js';
import type { LogBatch } from '../../domain/generation.js';
import type { NewImage } from '../../domain/image.js';
import { PackedPieces } from '../../domain/packed-pieces.js';
import type { RecordedChange } from '../local/change-run.js';
import type { GenerationRow } from '../local/generation-row.js';
import { LocalPersistence } from '../local/local-persistence.js';
import { OwnedMap } from '../local/owned-map.js';
import { MessagesInMemory } from '../local/messages-in-memory.js';
import {
  changesIn,
  type ConversationChange,
  type ConversationCopy,
  type StoredConversation,
} from '../local/stored-conversation.js';
import type { MemoryChangeFeed } from './memory-change-feed.js';

/** Stores conversations and logs in maps; rows are only in the table. */
export class MemoryPersistence extends LocalPersistence {
  private readonly conversations = new OwnedMap<StoredConversation>();
  /** The tokens of each generation, from the first on. */
  private readonly logs = new Map<string, PackedPieces>();
  /** By its id: when it was deleted. */
  private readonly deletedChats = new OwnedMap<number>();
  private readonly images = new OwnedMap<Buffer>();

  constructor(private readonly changes: MemoryChangeFeed) {
    super();
  }

  async loadConversation(ownerId: string, id: string): Promise<StoredConversation | null> {
    return this.conversations.get(ownerId, id) ?? null;
  }

  async saveConversation(change: ConversationChange): Promise<void> {
    const { heading, stored } = change;
    const known = stored instanceof MessagesInMemory ? stored : new MessagesInMemory();
    const messages = known.after(change);
    this.conversations.set(heading.ownerId, heading.id, { heading, messages });
    this.changes.add(changesIn(change));
  }

  async saveCopy({ heading, pages, events }: ConversationCopy): Promise<void> {
    const all: Message[] = [];
    for await (const page of pages) all.push(...page);
    const messages = new MessagesInMemory(all);
    this.conversations.set(heading.ownerId, heading.id, { heading, messages });
    this.changes.add(changesIn({ heading, events }));
  }

  async removeConversation(deletion: RecordedChange): Promise<void> {
    this.conversations.delete(deletion.ownerId, deletion.conversationId);
    this.changes.add([deletion]);
  }

  async saveDeletedChat(ownerId: string, id: string, now: number): Promise<void> {
    this.deletedChats.set(ownerId, id, now);
  }

  async isDeletedChat(ownerId: string, id: string): Promise<boolean> {
    return this.deletedChats.get(ownerId, id) !== undefined;
  }

  async removeDeletedChat(ownerId: string, id: string): Promise<void> {
    this.deletedChats.delete(ownerId, id);
  }

  /** The table already has the row. */
  async saveGeneration(
    _row: GenerationRow,
    changes: readonly RecordedChange[] = [],
  ): Promise<void> {
    this.changes.add(changes);
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
  async saveUsage(): Promise<void> {
    // It is only in the table.
  }
}
