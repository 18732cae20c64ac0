import { randomUUID } from 'node:crypto';
import { MongoClient, type DbOptions, type MongoClientOptions } from 'mongodb';
import { Semaphore } from '../../../common/semaphore.js';
import { storeBusy, storeUnavailable } from '../../store-errors.js';
import type { ConnectionCounts } from '../../store.js';
import { shareConnections, type ConnectionShares } from '../../support/connection-shares.js';
import { beginChanges } from '../changes/numbering.js';
import { ConnectionCounter } from './connection-counter.js';
import { collectionsOf, createIndexes, type Collections } from './collections.js';
import { mongoError, mongoStartError } from './mongo-errors.js';

/** Name of the database if the URL names none. */
const DEFAULT_DATABASE = 'chat';

/** Finding a server, connecting to it, or waiting for a free connection. */
const MAX_WAIT_MS = 3000;
/** No operation of this service takes a second; one that does is stuck. */
const ANSWER_TIMEOUT_MS = 12_000;
/**
 * A worker whose counter does not change for 15 s is declared dead: a dead connection must be
 * detected long before.
 */
const COORDINATION_TIMEOUT_MS = 5000;
/** How long a write may wait for a majority of the members. */
const MAJORITY_TIMEOUT_MS = 10_000;
/** Idle connections are closed after it. */
const IDLE_TIMEOUT_MS = 60_000;

/** A write is acknowledged when a majority has it on disk. */
const SAFE = { w: 'majority', journal: true, wtimeoutMS: MAJORITY_TIMEOUT_MS } as const;

/** Set for the database, so that they override the URL: the store's guarantees depend on them. */
const SAFETY: DbOptions = {
  writeConcern: SAFE,
  // Reads return the last write.
  readPreference: 'primary',
};

type Work<T> = (collections: Collections) => Promise<T>;

/** One client with what it works on. */
interface Connections {
  client: MongoClient;
  counter: ConnectionCounter;
  collections: Collections;
}

/**
 * A MongoDB server or replica set, or one that speaks its protocol; behind two clients, of which one
 * serves requests and one is for coordination.
 */
export class MongoDatabase {
  private requests: Connections | null = null;
  private coordination: Connections | null = null;
  private readonly shares: ConnectionShares;
  private readonly reads: Semaphore;

  /** @param pool connections that this worker may have, as `shareConnections` shares them out */
  constructor(
    private readonly url: string,
    pool: number,
  ) {
    this.shares = shareConnections(pool);
    this.reads = new Semaphore(this.shares.reads, { afterMs: MAX_WAIT_MS, error: storeBusy });
  }

  async open(): Promise<void> {
    await this.close();
    try {
      this.requests = await this.connect(this.shares.requests, ANSWER_TIMEOUT_MS);
      this.coordination = await this.connect(this.shares.coordination, COORDINATION_TIMEOUT_MS);
      await createIndexes(this.requests.collections);
      await beginChanges(this.requests.collections);
    } catch (error) {
      await this.close();
      throw mongoStartError(error);
    }
  }

  async close(): Promise<void> {
    const open = [this.requests, this.coordination];
    this.requests = null;
    this.coordination = null;
    for (const connections of open) await connections?.client.close();
  }

  connectionCounts(): ConnectionCounts {
    const counts = { idle: 0, used: 0 };
    for (const connections of [this.requests, this.coordination]) {
      counts.idle += connections?.counter.counts.idle ?? 0;
      counts.used += connections?.counter.counts.used ?? 0;
    }
    return counts;
  }

  /** Writes and deletes a test value in the same way as a write of a request. */
  async ping(): Promise<void> {
    const _id = `probe ${randomUUID()}`;
    await this.use(async ({ requestWindows }) => {
      // If it remains, it is removed with the ended windows.
      await requestWindows.insertOne({ _id, count: 0, endsAt: 0 }, { writeConcern: SAFE });
      await requestWindows.deleteOne({ _id }, { writeConcern: SAFE });
    });
  }

  /**
   * For reads: only some of the connections read at once, so that writes do not wait.
   *
   * @param atOnce how many commands the work has under way at the same time
   */
  read<T>(work: Work<T>, atOnce = 1): Promise<T> {
    return this.reads.run(() => this.use(work), atOnce);
  }

  /** For writes, and reads that one depends on. Failures come out as `AppError`. */
  use<T>(work: Work<T>): Promise<T> {
    return run(this.requests, work);
  }

  /**
   * For messages between workers, in single short commands: it does not wait for commands of
   * requests.
   */
  coordinate<T>(work: Work<T>): Promise<T> {
    return run(this.coordination, work);
  }

  private async connect(size: number, answerMs: number): Promise<Connections> {
    const client = new MongoClient(this.url, options(size, answerMs));
    const counter = new ConnectionCounter(client);
    try {
      await client.connect();
      return {
        client,
        counter,
        collections: collectionsOf(client.db(databaseName(this.url), SAFETY)),
      };
    } catch (error) {
      await client.close();
      throw error;
    }
  }
}

async function run<T>(connections: Connections | null, work: Work<T>): Promise<T> {
  if (!connections) throw storeUnavailable();
  try {
    return await work(connections.collections);
  } catch (error) {
    throw mongoError(error);
  }
}

function options(size: number, answerMs: number): MongoClientOptions {
  return {
    appName: 'chat-service',
    maxPoolSize: size,
    maxIdleTimeMS: IDLE_TIMEOUT_MS,
    serverSelectionTimeoutMS: MAX_WAIT_MS,
    connectTimeoutMS: MAX_WAIT_MS,
    waitQueueTimeoutMS: MAX_WAIT_MS,
    socketTimeoutMS: answerMs,
  };
}

/** Not a URL to the URL standard: several hosts are legal. */
function databaseName(url: string): string {
  const name = /^[a-z+]+:\/\/[^/?]+\/([^?]+)/i.exec(url)?.[1];
  return name === undefined ? DEFAULT_DATABASE : decodeURIComponent(name);
}
