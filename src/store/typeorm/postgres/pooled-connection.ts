import type { DataSource, QueryRunner } from 'typeorm';
import { NotConnectedError, RetryableError } from '../database/driver-errors.js';
import { isReadOnly } from './postgres-errors.js';
import { abandon, PostgresSession, type PgClient } from './postgres-session.js';
import type { PreparedStatements } from './prepared-statements.js';

/** State of a pool's connections. */
export interface PoolState {
  readonly prepared: PreparedStatements;
  readonly stale: StaleConnections;
}

type PostgresWork<T> = (session: PostgresSession) => Promise<T>;

/**
 * Runs work on a connection of the pool and always returns the connection.
 *
 * @throws {@link NotConnectedError} if no connection is available
 * @throws {@link RetryableError} if another connection may succeed
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
          return await onReusedConnection(stale, session, work);
        case 'new':
          return await work(session);
      }
    } finally {
      await runner.release();
    }
  }
}

/** Runs work on a connection that was used before. */
async function onReusedConnection<T>(
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
    throw new RetryableError('The server of this connection is read-only', { cause: error });
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

/** If all connections are refused, read-only ones are not replaced all the time. */
const PAUSE_MS = 10_000;

/**
 * Which connections of a pool may still be used. A server that no longer changes anything may have
 * been replaced by another, to which only new connections lead.
 */
export class StaleConnections {
  private epoch = 0;
  private readonly epochs = new WeakMap<object, number>();
  private invalidatedAt = -Infinity;

  /** Must be called each time that a connection is taken from the pool. */
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
