import type { DataSource } from 'typeorm';
import { retry } from '../../../common/retry.js';
import type { PostgresConnector } from './postgres-connector.js';
import {
  isConflict,
  isLostConnection,
  postgresError,
  postgresStartError,
} from './postgres-errors.js';
import { onConnection, type PostgresSession } from './postgres-session.js';
import { PreparedStatements } from './prepared-statements.js';
import { NotConnectedError } from './vendor-error.js';

/** How long statements of a pool may take. */
export interface PoolTimes {
  /** On the server; one that takes longer is stuck. */
  statementMs: number;
  /** Until the answer: for a server that has stopped answering at all. */
  answerMs: number;
}

/** Connections that nobody needs any more are closed after it. */
const IDLE_TIMEOUT_MS = 60_000;

const RETRIES = { withinMs: 2000, firstDelayMs: 10, maxDelayMs: 200 };

const never = (): boolean => false;

/** Some connections to a PostgreSQL server. Failures come out as `AppError`, except where noted. */
export class PostgresPool {
  private readonly prepared = new PreparedStatements();
  private source: DataSource | null = null;
  private opening = 0;

  constructor(
    private readonly connector: PostgresConnector,
    private readonly size: number,
    private readonly times: PoolTimes,
  ) {}

  get isOpen(): boolean {
    return this.source !== null;
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

  /**
   * Runs work on one connection, again where its failure shows that nothing of it has happened.
   *
   * @param repeatable other failures after which the work may be run again
   */
  async run<T>(
    work: (session: PostgresSession) => Promise<T>,
    repeatable: (error: unknown) => boolean = never,
  ): Promise<T> {
    try {
      return await this.attempt(work, repeatable);
    } catch (error) {
      throw postgresError(error);
    }
  }

  /** Runs work that may happen twice; `otherwise` where there is no connection to be had. */
  async runOr<T>(
    work: (session: PostgresSession) => Promise<T>,
    otherwise: () => Promise<T>,
  ): Promise<T> {
    try {
      return await this.attempt(work, isLostConnection);
    } catch (error) {
      if (error instanceof NotConnectedError) return otherwise();
      throw postgresError(error);
    }
  }

  private attempt<T>(
    work: (session: PostgresSession) => Promise<T>,
    repeatable: (error: unknown) => boolean,
  ): Promise<T> {
    return retry(() => onConnection(this.opened(), this.prepared, work), {
      ...RETRIES,
      retryable: (error) => isConflict(error) || this.prepared.refuse(error) || repeatable(error),
    });
  }

  private async connect(): Promise<DataSource> {
    try {
      return await this.connector.connect(this.size, {
        keepAlive: true,
        idleTimeoutMillis: IDLE_TIMEOUT_MS,
        statement_timeout: this.times.statementMs,
        query_timeout: this.times.answerMs,
        idle_in_transaction_session_timeout: this.times.statementMs,
      });
    } catch (error) {
      throw postgresStartError(error);
    }
  }

  private opened(): DataSource {
    if (!this.source) throw new NotConnectedError('The connection pool is not open');
    return this.source;
  }
}
