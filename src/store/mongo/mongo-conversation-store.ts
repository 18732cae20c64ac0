import type {
  Conversation,
  ConversationPage,
  ConversationReading,
} from '../../domain/conversation.js';
import { ConversationStore, type MessageWindow } from '../conversation-store.js';
import { pagesBetween } from '../rules/pages.js';
import {
  firstMessage,
  placesOf,
  readConversation,
  readPage,
  readRange,
} from './conversations/conversation-reader.js';
import { remove, removeOldest } from './conversations/conversation-remover.js';
import type { MongoDatabase } from './database/mongo-database.js';
import { owned } from './documents/conversation-documents.js';

/** Conversations in MongoDB. */
export class MongoConversationStore extends ConversationStore {
  constructor(
    private readonly database: MongoDatabase,
    private readonly signal: (key: string) => void,
  ) {
    super();
  }

  list(ownerId: string, page: { limit: number; offset: number }): Promise<ConversationPage> {
    return this.database.read((collections) => readPage(collections, ownerId, page), 2);
  }

  find(
    ownerId: string,
    id: string,
    window?: MessageWindow,
  ): Promise<Conversation | 'message_not_found' | null> {
    return this.database.read(
      (collections) => readConversation(collections, ownerId, id, window),
      window?.before === undefined ? 2 : 3,
    );
  }

  async read(
    ownerId: string,
    id: string,
    window?: Partial<MessageWindow>,
  ): Promise<ConversationReading | 'message_not_found' | null> {
    const found = await this.database.read((all) => placesOf(all, owned(ownerId, id), window), 3);
    if (found === null || found === 'message_not_found') return found;
    const { summary, first, end } = found;
    const pages = pagesBetween(first, end - 1, (from, limit) =>
      this.database.read((all) =>
        readRange(all, owned(ownerId, id), from, Math.min(end, from + limit)),
      ),
    );
    return { ...summary, pages };
  }

  async systemPrompt(ownerId: string, id: string): Promise<string | null> {
    const first = await this.database.read((all) => firstMessage(all, owned(ownerId, id)));
    return first?.role === 'system' ? first.content : null;
  }

  async rename(ownerId: string, id: string, title: string): Promise<boolean> {
    const { matchedCount } = await this.database.use(({ conversations }) =>
      conversations.updateOne({ _id: owned(ownerId, id), deletedAt: null }, { $set: { title } }),
    );
    return matchedCount === 1;
  }

  async delete(ownerId: string, id: string): Promise<boolean> {
    const { removed, stopped } = await this.database.use((collections) =>
      remove(collections, ownerId, id),
    );
    if (stopped !== null) this.signal(stopped);
    return removed;
  }

  async countByOwner(): Promise<Map<string, number>> {
    const rows = await this.database.read(({ conversations }) =>
      conversations
        .aggregate<{
          _id: string;
          count: number;
        }>([{ $match: { deletedAt: null } }, { $group: { _id: '$ownerId', count: { $sum: 1 } } }])
        .toArray(),
    );
    return new Map(rows.map(({ _id, count }) => [_id, count]));
  }

  removeOldest(ownerId: string, max: number, exceptId: string): Promise<string | null> {
    return this.database.use((collections) => removeOldest(collections, ownerId, max, exceptId));
  }
}
