import { MongoClient, type DbOptions, type MongoClientOptions } from 'mongodb';
import { AppError } from '../../../common/errors/app-error.js';
import { collectionsOf, createIndexes, type Collections } from './collections.js';
import { mongoError, mongoStartError } from './mongo-errors.js';

/** Where conversations are when the URL names no database. */
const DEFAULT_DATABASE = 'chat';

/** Finding a server, connecting to it, or waiting for a free connection. */
const PATIENCE_MS = 3000;
/** No operation of ours takes a second; one that does is stuck. */
const ANSWER_TIMEOUT_MS = 12_000;
/** How long a write may wait for a majority of the members. */
const MAJORITY_TIMEOUT_MS = 10_000;
/** Connections that nobody needs any more are closed after it. */
const IDLE_TIMEOUT_MS = 60_000;

/** Of the database, where they win over what the URL says: the store's promises rest on them. */
const SAFETY: DbOptions = {
  // Acknowledged is what a majority has on disk; what is read is what was written last.
  writeConcern: { w: 'majority', journal: true, wtimeoutMS: MAJORITY_TIMEOUT_MS },
  readPreference: 'primary',
};

/** A MongoDB server or replica set, or one that speaks its protocol. */
export class MongoDatabase {
  private client: MongoClient | null = null;
  private collections: Collections | null = null;

  constructor(
    private readonly url: string,
    private readonly pool: number,
  ) {}

  async open(): Promise<void> {
    await this.close();
    try {
      this.client = new MongoClient(this.url, options(this.pool));
      await this.client.connect();
      const collections = collectionsOf(this.client.db(databaseName(this.url), SAFETY));
      await createIndexes(collections);
      this.collections = collections;
    } catch (error) {
      await this.close();
      throw mongoStartError(error);
    }
  }

  async close(): Promise<void> {
    const { client } = this;
    this.client = null;
    this.collections = null;
    await client?.close();
  }

  async ping(): Promise<void> {
    await this.use(({ workers }) => workers.findOne({}, { projection: { _id: 1 } }));
  }

  /** Works on the collections; failures come out as `AppError`. */
  async use<T>(work: (collections: Collections) => Promise<T>): Promise<T> {
    if (!this.collections)
      throw new AppError('store_unavailable', 'The conversation store is not available');
    try {
      return await work(this.collections);
    } catch (error) {
      throw mongoError(error);
    }
  }
}

function options(pool: number): MongoClientOptions {
  return {
    appName: 'chat-service',
    maxPoolSize: pool,
    maxIdleTimeMS: IDLE_TIMEOUT_MS,
    serverSelectionTimeoutMS: PATIENCE_MS,
    connectTimeoutMS: PATIENCE_MS,
    waitQueueTimeoutMS: PATIENCE_MS,
    socketTimeoutMS: ANSWER_TIMEOUT_MS,
  };
}

/** Not a URL to the URL standard: several hosts are legal. */
function databaseName(url: string): string {
  const name = /^[a-z+]+:\/\/[^/?]+\/([^?]+)/i.exec(url)?.[1];
  return name === undefined ? DEFAULT_DATABASE : decodeURIComponent(name);
}
