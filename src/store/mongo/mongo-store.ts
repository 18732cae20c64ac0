import type { StorageTarget } from '../../config/settings.js';
import { Store, type ConnectionCounts } from '../store.js';
import { assertFilled } from '../support/marked-filling.js';
import { MongoDatabase } from './database/mongo-database.js';
import { MongoOwnerErasure } from './erasure/mongo-owner-erasure.js';
import { MongoCalibrationStore } from './mongo-calibration-store.js';
import { MongoChangeFeed } from './mongo-change-feed.js';
import { MongoConversationStore } from './mongo-conversation-store.js';
import { MongoGenerationStore } from './mongo-generation-store.js';
import { MongoIdleConversations } from './mongo-idle-conversations.js';
import { MongoImageStore } from './mongo-image-store.js';
import { MongoKeyStore } from './mongo-key-store.js';
import { MongoUsageStore } from './mongo-usage-store.js';
import { MongoWorkerCoordination } from './mongo-worker-coordination.js';
import { MongoRequestCounter } from './mongo-request-counter.js';
import { MongoHistoryTransfer } from './transfer/mongo-history-transfer.js';

/** The target that this store serves. */
export type MongoTarget = Extract<StorageTarget, { kind: 'mongodb' }>;

/**
 * Conversations and generations on MongoDB: one server, a replica set, or a server that speaks its
 * protocol and updates a document atomically. Several processes may work on the same database.
 */
export class MongoStore extends Store {
  readonly shared = true;
  readonly conversations: MongoConversationStore;
  readonly generations: MongoGenerationStore;
  readonly coordination: MongoWorkerCoordination;
  readonly calibrations: MongoCalibrationStore;
  readonly images: MongoImageStore;
  readonly changes: MongoChangeFeed;
  readonly idle: MongoIdleConversations;
  readonly keys: MongoKeyStore;
  readonly usage: MongoUsageStore;
  override readonly requestCounter: MongoRequestCounter;
  override readonly transfer: MongoHistoryTransfer;
  override readonly erasure: MongoOwnerErasure;
  private readonly database: MongoDatabase;

  constructor({ url, pool }: MongoTarget) {
    super();
    this.database = new MongoDatabase(url, pool);
    this.requestCounter = new MongoRequestCounter(this.database);
    this.calibrations = new MongoCalibrationStore(this.database);
    this.conversations = new MongoConversationStore(this.database, this.signal);
    this.generations = new MongoGenerationStore(this.database);
    this.images = new MongoImageStore(this.database);
    this.changes = new MongoChangeFeed(this.database);
    this.idle = new MongoIdleConversations(this.database);
    this.keys = new MongoKeyStore(this.database);
    this.usage = new MongoUsageStore(this.database);
    this.coordination = new MongoWorkerCoordination(this.database, this.signal);
    this.transfer = new MongoHistoryTransfer(this.database, this);
    this.erasure = new MongoOwnerErasure(this.database);
  }

  async open(): Promise<void> {
    await this.database.open();
    try {
      await assertFilled(this.transfer, 'HISTORY_DB_URL');
    } catch (error) {
      await this.database.close();
      throw error;
    }
  }

  ping(): Promise<void> {
    return this.database.ping();
  }

  close(): Promise<void> {
    return this.database.close();
  }

  override connections(): ConnectionCounts {
    return this.database.connectionCounts();
  }
}
