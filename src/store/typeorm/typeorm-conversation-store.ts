import type {
  Conversation,
  ConversationPage,
  ConversationReading,
} from '../../domain/conversation.js';
import { ConversationStore, type MessageWindow } from '../conversation-store.js';
import { ConversationReader } from './conversations/conversation-reader.js';
import { ConversationRemover } from './conversations/conversation-remover.js';
import type { SqlDatabase } from './database/sql-database.js';
import { ConversationEntity } from './entities/entities.js';

/** Conversations in the SQL database. */
export class TypeOrmConversationStore extends ConversationStore {
  private readonly reader: ConversationReader;
  private readonly remover: ConversationRemover;

  constructor(
    private readonly database: SqlDatabase,
    private readonly signal: (key: string) => void,
  ) {
    super();
    this.reader = new ConversationReader(database);
    this.remover = new ConversationRemover(database);
  }

  list(ownerId: string, page: { limit: number; offset: number }): Promise<ConversationPage> {
    return this.reader.page(ownerId, page);
  }

  find(
    ownerId: string,
    id: string,
    window?: MessageWindow,
  ): Promise<Conversation | 'message_not_found' | null> {
    return this.reader.find(ownerId, id, window);
  }

  read(
    ownerId: string,
    id: string,
    window?: Partial<MessageWindow>,
  ): Promise<ConversationReading | 'message_not_found' | null> {
    return this.reader.read(ownerId, id, window);
  }

  systemPrompt(ownerId: string, id: string): Promise<string | null> {
    return this.reader.systemPrompt(ownerId, id);
  }

  async rename(ownerId: string, id: string, title: string): Promise<boolean> {
    const { affected } = await this.database.transaction(({ manager }) =>
      manager
        .createQueryBuilder()
        .update(ConversationEntity)
        .set({ title })
        .where('owner_id = :ownerId AND id = :id', { ownerId, id })
        .execute(),
    );
    return affected === 1;
  }

  async delete(ownerId: string, id: string): Promise<boolean> {
    const { removed, stopped } = await this.remover.remove(ownerId, id);
    stopped.forEach(this.signal);
    return removed;
  }

  async countByOwner(): Promise<Map<string, number>> {
    const rows = await this.database.read(({ manager }) =>
      manager
        .createQueryBuilder(ConversationEntity, 'c')
        .select('c.owner_id', 'owner')
        .addSelect('COUNT(*)', 'count')
        .groupBy('c.owner_id')
        .getRawMany<{ owner: string; count: string | number }>(),
    );
    return new Map(rows.map(({ owner, count: number }) => [owner, Number(number)]));
  }

  removeOldest(ownerId: string, max: number, exceptId: string): Promise<string | null> {
    return this.remover.removeOldest(ownerId, max, exceptId);
  }
}
