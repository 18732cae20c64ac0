import type { DataSource, QueryRunner } from 'typeorm';
import { NotConnectedError, RetryableError } from '../database/driver-errors.js';
import { isReadOnly } from './postgres-errors.js';
import { abandon, PostgresSession, type PgClient } from './postgres-session.js';
import type { PreparedStatements } from './prepared-statements.js';

/** What is known of the connections of a pool. */
export interface PoolState {
  readonly prepared: PreparedStatements;
  readonly stale: StaleConnections;
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
  { prepared, stale }: PoolState,
  work: PostgresWork<T>,
): Promise<T> {
  for (;;) {
    const runner = source.createQueryRunner();
    try {
      const client = await clientOf(runner);
      const session = new PostgresSession(runner, client, prepared);
      switch (stale.stateOf(client)) {
        case 'stale':
          abandon(client);
          break;
        case 'current':
          return await onKnownConnection(stale, session, work);
        case 'new':
          return await work(session);
      }
    } finally {
      await runner.release();
    }
  }
}

/** Runs work on a connection that was used before. */
async function onKnownConnection<T>(
  stale: StaleConnections,
  session: PostgresSession,
  work: PostgresWork<T>,
): Promise<T> {
  try {
    return await work(session);
  } catch (error) {
    if (!isReadOnly(error)) throw error;
    abandon(session.client);
    stale.invalidate();
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
  private epoch = 0;
  private readonly epochs = new WeakMap<object, number>();
  private invalidatedAt = -Infinity;

  /** To be asked each time that a connection is taken from the pool. */
  stateOf(connection: object): 'new' | 'current' | 'stale' {
    const epoch = this.epochs.get(connection);
    if (epoch === undefined) {
      this.epochs.set(connection, this.epoch);
      return 'new';
    }
    return epoch === this.epoch ? 'current' : 'stale';
  }

  /** From now on only connections that are new are used. */
  invalidate(): void {
    const now = performance.now();
    if (now - this.invalidatedAt < PAUSE_MS) return;
    this.invalidatedAt = now;
    this.epoch += 1;
  }
}
