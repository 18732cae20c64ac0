import { randomUUID } from 'node:crypto';
import type { AppLogger } from '../../observability/app-logger.js';
import { Store, type ConnectionCounts } from '../store.js';
import { createDatabase, type SqlTarget } from './database/create-database.js';
import type { SqlDatabase, SqlSession } from './database/sql-database.js';
import { PostgresDatabase } from './postgres/postgres-database.js';
import { PostgresRequestCounter } from './postgres/postgres-request-counter.js';
import { TypeOrmOwnerErasure } from './erasure/typeorm-owner-erasure.js';
import { TypeOrmCalibrationStore } from './typeorm-calibration-store.js';
import { TypeOrmChangeFeed } from './typeorm-change-feed.js';
import { TypeOrmConversationStore } from './typeorm-conversation-store.js';
import { LogTable } from './generations/log-table.js';
import { RecordReader } from './generations/record-reader.js';
import { TurnWriter } from './generations/turn-writer.js';
import { TypeOrmIdleConversations } from './typeorm-idle-conversations.js';
import { TypeOrmImageStore } from './typeorm-image-store.js';
import { TypeOrmKeyStore } from './typeorm-key-store.js';
import { TypeOrmUsageStore } from './typeorm-usage-store.js';
import { TypeOrmWorkerCoordination } from './typeorm-worker-coordination.js';
import { SqlHistoryTransfer } from './transfer/sql-history-transfer.js';
import { TypeOrmGenerationStore } from './typeorm-generation-store.js';

/**
 * Conversations and generations on SQLite or PostgreSQL, through TypeORM, which loads the driver of
 * the one that was chosen and no other. Several processes may work on the same database.
 */
export class TypeOrmStore extends Store {
  readonly shared = true;
  readonly conversations: TypeOrmConversationStore;
  readonly generations: TypeOrmGenerationStore;
  readonly coordination: TypeOrmWorkerCoordination;
  readonly calibrations: TypeOrmCalibrationStore;
  readonly images: TypeOrmImageStore;
  readonly changes: TypeOrmChangeFeed;
  readonly idle: TypeOrmIdleConversations;
  readonly keys: TypeOrmKeyStore;
  readonly usage: TypeOrmUsageStore;
  override readonly requestCounter: PostgresRequestCounter | null;
  override readonly transfer: SqlHistoryTransfer;
  override readonly erasure: TypeOrmOwnerErasure;

  /** `database` is that of the target. */
  constructor(
    target: SqlTarget,
    private readonly logger: AppLogger,
    private readonly database: SqlDatabase = createDatabase(target, logger),
  ) {
    super();
    this.requestCounter =
      database instanceof PostgresDatabase
        ? new PostgresRequestCounter(database.connectionBeside())
        : null;
    this.conversations = new TypeOrmConversationStore(database, this.signal);
    this.calibrations = new TypeOrmCalibrationStore(database);
    this.images = new TypeOrmImageStore(database);
    this.changes = new TypeOrmChangeFeed(database);
    this.idle = new TypeOrmIdleConversations(database);
    this.keys = new TypeOrmKeyStore(database);
    this.usage = new TypeOrmUsageStore(database);
    const logs = new LogTable(database);
    const records = new RecordReader(database, logs);
    const tables = { logs, records, turns: new TurnWriter(database) };
    this.generations = new TypeOrmGenerationStore(database, tables);
    this.coordination = new TypeOrmWorkerCoordination(database, tables, this.signal);
    this.transfer = new SqlHistoryTransfer(database, this);
    this.erasure = new TypeOrmOwnerErasure(database);
  }

  async open(): Promise<void> {
    await this.database.open();
    const ended = await this.coordination.endLeftovers(this.database.deadWorkers, Date.now());
    if (ended > 0)
      this.logger.warn('Ended the generations of a process that died', { generations: ended });
    // Conversations can be served without it.
    await this.requestCounter?.open().catch(() => undefined);
  }

  async ping(): Promise<void> {
    await this.database.assertWritable(writeAndTakeBack);
  }

  async close(): Promise<void> {
    await this.requestCounter?.close();
    await this.database.close();
  }

  override connections(): ConnectionCounts {
    return this.database.connectionCounts();
  }
}

/** In one transaction, so that it is never visible. */
async function writeAndTakeBack(session: SqlSession): Promise<void> {
  const id = [`probe ${randomUUID()}`];
  await session.query('INSERT INTO workers (id, beat) VALUES ($1, 0)', id);
  await session.query('DELETE FROM workers WHERE id = $1', id);
}
