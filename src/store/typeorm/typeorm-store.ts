import type { StorageTarget } from '../../config/settings.js';
import type { Logger } from '../../observability/logger.js';
import { Store } from '../store.js';
import { PostgresDatabase } from './database/postgres-database.js';
import type { SqlDatabase } from './database/sql-database.js';
import { SqliteDatabase } from './database/sqlite-database.js';
import { TypeOrmConversationStore } from './typeorm-conversation-store.js';
import { TypeOrmGenerationStore } from './typeorm-generation-store.js';

/** The targets that this store serves. */
export type SqlTarget = Extract<StorageTarget, { kind: 'sqlite' | 'postgres' }>;

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
    this.database = sqlDatabase(target, logger);
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

function sqlDatabase(target: SqlTarget, logger: Logger): SqlDatabase {
  return target.kind === 'sqlite'
    ? new SqliteDatabase(target.file)
    : new PostgresDatabase(target.url, target.pool, logger);
}
