import type { Logger } from '../../observability/logger.js';
import { Store } from '../store.js';
import { createDatabase, type SqlTarget } from './database/create-database.js';
import type { SqlDatabase } from './database/sql-database.js';
import { TypeOrmConversationStore } from './typeorm-conversation-store.js';
import { TypeOrmGenerationStore } from './typeorm-generation-store.js';

/**
 * Conversations and generations on SQLite or PostgreSQL, through TypeORM, which loads the driver of
 * the one that was chosen and no other. Several processes may work on the same database.
 */
export class TypeOrmStore extends Store {
  readonly shared = true;
  readonly conversations: TypeOrmConversationStore;
  readonly generations: TypeOrmGenerationStore;
  private readonly database: SqlDatabase;

  constructor(target: SqlTarget, logger: Logger) {
    super();
    this.database = createDatabase(target, logger);
    const signal = (key: string) => this.onSignal(key);
    this.conversations = new TypeOrmConversationStore(this.database, signal);
    this.generations = new TypeOrmGenerationStore(this.database, signal);
  }

  open(): Promise<void> {
    return this.database.open();
  }

  async ping(): Promise<void> {
    await this.database.read((session) => session.query('SELECT id FROM workers LIMIT 1'));
  }

  close(): Promise<void> {
    return this.database.close();
  }
}
