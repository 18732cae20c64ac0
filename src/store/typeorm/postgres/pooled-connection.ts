import type { DataSource, QueryRunner } from 'typeorm';
import { NotConnectedError, RetryableError } from '../database/driver-errors.js';
import { isReadOnly } from './postgres-errors.js';
import { abandon, PostgresSession, type PgClient } from './postgres-session.js';
import type { PreparedStatements } from './prepared-statements.js';

/** What is known of the connections of a pool. */
export interface PoolState {
  readonly prepared: PreparedStatements;
  readonly trust: StaleConnections;
}

type PostgresWork<T> = (session: PostgresSession) => Promise<T>;

/**
 * Runs work on a connection of the pool, which gets it back whatever happens.
 *
 * @throws {@link NotConnectedError} when there is none to be had
 * @throws {@link RetryableError} when another connection may do better
 */
export async function onConnection<T>(
  source: DataSource,
  { prepared, trust }: PoolState,
  work: PostgresWork<T>,
): Promise<T> {
  for (;;) {
    const runner = source.createQueryRunner();
    try {
      const client = await clientOf(runner);
      const session = new PostgresSession(runner, client, prepared);
      switch (trust.ageOf(client)) {
        case 'outdated':
          abandon(client);
          break;
        case 'known':
          return await trusting(trust, session, work);
        case 'new':
          return await work(session);
      }
    } finally {
      await runner.release();
    }
  }
}

/** Runs work on a connection that was used before. */
async function trusting<T>(
  trust: StaleConnections,
  session: PostgresSession,
  work: PostgresWork<T>,
): Promise<T> {
  try {
    return await work(session);
  } catch (error) {
    if (!isReadOnly(error)) throw error;
    abandon(session.client);
    trust.withdraw();
    throw new RetryableError('The server of this connection only reads', { cause: error });
  }
}

async function clientOf(runner: QueryRunner): Promise<PgClient> {
  const client: unknown = await runner.connect().catch((cause: unknown) => {
    throw new NotConnectedError('No connection to the database', { cause });
  });
  if (!isClient(client)) throw new TypeError('The connection is not one of the pg driver');
  return client;
}

function isClient(value: unknown): value is PgClient {
  return typeof value === 'object' && value !== null && 'query' in value;
}

/** Where every connection is refused, those that only read are not made anew all the time. */
const PAUSE_MS = 10_000;

/**
 * Which connections of a pool may still be used. A server that no longer changes anything may have
 * been replaced by another, to which only new connections lead.
 */
export class StaleConnections {
  private edition = 0;
  private readonly editions = new WeakMap<object, number>();
  private withdrawnAt = -Infinity;

  /** To be asked each time that a connection is taken from the pool. */
  ageOf(connection: object): 'new' | 'known' | 'outdated' {
    const edition = this.editions.get(connection);
    if (edition === undefined) {
      this.editions.set(connection, this.edition);
      return 'new';
    }
    return edition === this.edition ? 'known' : 'outdated';
  }

  /** From now on only connections are used that were not there yet. */
  withdraw(): void {
    const now = performance.now();
    if (now - this.withdrawnAt < PAUSE_MS) return;
    this.withdrawnAt = now;
    this.edition += 1;
  }
}
