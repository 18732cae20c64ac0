import type { DataSource } from 'typeorm';
import { retry } from '../../../common/retry.js';
import type { ConnectionCounts } from '../../store.js';
import { NotConnectedError, RetryableError } from '../database/driver-errors.js';
import { StaleConnections, onConnection, type PoolState } from './pooled-connection.js';
import type { PostgresConnector } from './postgres-connector.js';
import {
  isConflict,
  isLostConnection,
  isOutOfConnections,
  postgresError,
  postgresStartError,
} from './postgres-errors.js';
import { type PostgresSession, inTransaction } from './postgres-session.js';
import type { SessionSettings } from './postgres-setup.js';
import { PreparedStatements } from './prepared-statements.js';

const RETRIES = { withinMs: 2000, firstDelayMs: 10, maxDelayMs: 200 };

/** Work on one connection. It may be run again. */
export type PostgresWork<T> = (session: PostgresSession) => Promise<T>;

const never = (_error: unknown): boolean => false;

/** Some connections to a PostgreSQL server. Failures come out as `AppError`, except where noted. */
export class PostgresPool {
  private readonly state: PoolState = {
    prepared: new PreparedStatements(),
    stale: new StaleConnections(),
  };
  private source: DataSource | null = null;
  private opening = 0;

  constructor(
    private readonly connector: PostgresConnector,
    private readonly size: number,
    private readonly settings: SessionSettings,
  ) {}

  get isOpen(): boolean {
    return this.source !== null;
  }

  get counts(): ConnectionCounts {
    const pool = poolOf(this.source);
    if (!pool) return { idle: 0, used: 0 };
    return { idle: pool.idleCount, used: pool.totalCount - pool.idleCount };
  }

  /** Connects. Fails like `Store.open`. */
  async open(): Promise<void> {
    await this.close();
    const { opening } = this;
    const source = await this.connect();
    // It may have been closed meanwhile.
    if (opening === this.opening) this.source = source;
    else await source.destroy();
  }

  async close(): Promise<void> {
    this.opening += 1;
    const source = this.source;
    this.source = null;
    if (source?.isInitialized) await source.destroy();
  }

  /** Opens it for a task, and closes it afterwards. */
  async whileOpen<T>(task: () => Promise<T>): Promise<T> {
    await this.open();
    try {
      return await task();
    } finally {
      await this.close();
    }
  }

  /**
   * Runs work on one connection, again if its failure shows that nothing was changed.
   *
   * @param repeatable other failures after which the work may be run again
   */
  async run<T>(work: PostgresWork<T>, repeatable: (error: unknown) => boolean = never): Promise<T> {
    try {
      return await this.withRetries(work, repeatable);
    } catch (error) {
      throw postgresError(error);
    }
  }

  /** Runs work that may happen twice; `otherwise` if no connection is available. */
  async runOr<T>(work: PostgresWork<T>, otherwise: () => Promise<T>): Promise<T> {
    try {
      return await this.withRetries(work, isLostConnection);
    } catch (error) {
      if (error instanceof NotConnectedError) return otherwise();
      throw postgresError(error);
    }
  }

  /** Runs work that the service cannot start without. Fails like `Store.open`. */
  async runAtStart<T>(work: PostgresWork<T>): Promise<T> {
    try {
      return await this.withRetries(work, never);
    } catch (error) {
      throw postgresStartError(error);
    }
  }

  /** All statements of the work, or none. Otherwise like `run`. */
  transaction<T>(work: PostgresWork<T>, repeatable = never): Promise<T> {
    return this.run((session) => inTransaction(session, this.settings, work), repeatable);
  }

  private withRetries<T>(
    work: PostgresWork<T>,
    repeatable: (error: unknown) => boolean,
  ): Promise<T> {
    return retry(() => this.attempt(work), {
      ...RETRIES,
      retryable: (error) =>
        error instanceof RetryableError ||
        isConflict(error) ||
        isOutOfConnections(error) ||
        repeatable(error),
    });
  }

  private async attempt<T>(work: PostgresWork<T>): Promise<T> {
    const { source } = this;
    if (!source) throw new NotConnectedError('The connection pool is not open');
    const endpoint = this.connector.endpoints.current;
    try {
      return await onConnection(source, this.state, work);
    } catch (error) {
      if (!(error instanceof NotConnectedError) || !this.connector.leave(endpoint, error))
        throw error;
      throw new RetryableError('Another host may be reached', { cause: error });
    }
  }

  private async connect(): Promise<DataSource> {
    try {
      return await this.connector.connect(this.size, this.settings);
    } catch (error) {
      throw postgresStartError(error);
    }
  }
}

/** The pool of `pg` behind a data source, whose types do not have it. */
function poolOf(source: DataSource | null): { idleCount: number; totalCount: number } | null {
  const driver: object | undefined = source?.driver;
  const pool: unknown = driver && 'master' in driver ? driver.master : null;
  if (typeof pool !== 'object' || pool === null) return null;
  if (!('idleCount' in pool) || !('totalCount' in pool)) return null;
  return { idleCount: Number(pool.idleCount), totalCount: Number(pool.totalCount) };
}
