import { DataSource, type QueryRunner } from 'typeorm';
import { MIGRATIONS } from '../../../../migrations/postgres/index.js';
import { retry } from '../../../common/retry.js';
import type { Logger } from '../../../observability/logger.js';
import { ENTITIES } from '../entities/index.js';
import { LOCK_CLASS, POSTGRES } from './dialect.js';
import { migrate } from './migrator.js';
import {
  isConflict,
  isLostConnection,
  isTlsRefusal,
  postgresError,
  postgresStartError,
} from './postgres-errors.js';
import { onConnection, type PostgresSession } from './postgres-session.js';
import { connectionUrls } from './postgres-url.js';
import { PreparedStatements } from './prepared-statements.js';
import { SqlDatabase, type SqlWork } from './sql-database.js';
import { DatabaseError, faultOf } from './vendor-error.js';

/** A request that finds no connection waits so long, for the pool or the network. */
const ACQUIRE_TIMEOUT_MS = 3000;
/** No statement of ours takes a second; one that does is stuck. */
const STATEMENT_TIMEOUT_MS = 10_000;
/** For a server that has stopped answering at all. */
const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 2000;
/** How long to wait for another node's migrations before the start is tried again. */
const MIGRATION_LOCK_TIMEOUT_MS = 10_000;
/** Connections that nobody needs any more are closed after it. */
const IDLE_TIMEOUT_MS = 60_000;

const SERVING = {
  keepAlive: true,
  idleTimeoutMillis: IDLE_TIMEOUT_MS,
  statement_timeout: STATEMENT_TIMEOUT_MS,
  query_timeout: ANSWER_TIMEOUT_MS,
  idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
};
/** A step over a large table may take its time, on a connection of its own. */
const MIGRATING = { keepAlive: true, lock_timeout: MIGRATION_LOCK_TIMEOUT_MS };

/** A PostgreSQL server behind TypeORM's pool. */
export class PostgresDatabase extends SqlDatabase {
  readonly dialect = POSTGRES;
  private readonly prepared = new PreparedStatements();
  private source: DataSource | null = null;

  constructor(
    private readonly url: string,
    private readonly pool: number,
    private readonly logger: Logger,
  ) {
    super();
  }

  async open(): Promise<void> {
    await this.close();
    await this.migrating(migrate);
    await this.openPool();
  }

  /** Connects without migrating: for a further pool on a database that is open. */
  async openPool(): Promise<void> {
    await this.close();
    this.source = await starting(() => this.connect(connectionUrls(this.url), this.pool, SERVING));
  }

  async close(): Promise<void> {
    const source = this.source;
    this.source = null;
    if (source?.isInitialized) await source.destroy();
  }

  /** Behind a lock that ends with the transaction. */
  migrating<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    return starting(async () => {
      const source = await this.connect(connectionUrls(this.url), 1, MIGRATING);
      try {
        return await onConnection(source, this.prepared, (session) =>
          lockedForMigration(session, work),
        );
      } finally {
        await source.destroy();
      }
    });
  }

  /** Again on another connection, should one have died in the pool: nobody can tell. */
  read<T>(work: SqlWork<T>): Promise<T> {
    return this.run((source) => onConnection(source, this.prepared, work), isLostConnection);
  }

  /** Only once: a statement whose connection was lost may have happened. */
  write<T>(work: SqlWork<T>): Promise<T> {
    return this.run((source) => onConnection(source, this.prepared, work));
  }

  chained<T>(work: SqlWork<T>): Promise<T> {
    return this.write(work);
  }

  transaction<T>(work: SqlWork<T>): Promise<T> {
    return this.run((source) =>
      onConnection(source, this.prepared, (session) => inTransaction(session, work)),
    );
  }

  private async run<T>(
    work: (source: DataSource) => Promise<T>,
    repeatable: (error: unknown) => boolean = () => false,
  ): Promise<T> {
    try {
      return await retry(() => work(this.opened()), {
        ...RETRIES,
        retryable: (error) => isConflict(error) || this.prepared.refuse(error) || repeatable(error),
      });
    } catch (error) {
      throw postgresError(error);
    }
  }

  private opened(): DataSource {
    if (!this.source) throw new Error('The connection pool is not open');
    return this.source;
  }

  /** Connects by the first URL that the server takes; they differ in `sslmode`. */
  private async connect(
    [url = this.url, ...others]: string[],
    pool: number,
    extra: object,
  ): Promise<DataSource> {
    const source = this.dataSource(url, pool, extra);
    try {
      return await source.initialize();
    } catch (error) {
      if (others.length === 0 || !isTlsRefusal(error)) throw error;
      return this.connect(others, pool, extra);
    }
  }

  private dataSource(url: string, poolSize: number, extra: object): DataSource {
    return new DataSource({
      type: 'postgres',
      url,
      entities: ENTITIES,
      migrations: MIGRATIONS,
      applicationName: 'chat-service',
      poolSize,
      connectTimeoutMS: ACQUIRE_TIMEOUT_MS,
      logging: false,
      // Without a listener the loss of an idle connection would end the process.
      poolErrorHandler: (error: unknown) =>
        this.logger.warn('The database closed an idle connection', {
          error: new DatabaseError(faultOf(error)),
        }),
      extra,
    });
  }
}

const RETRIES = { withinMs: 2000, firstDelayMs: 10, maxDelayMs: 200 };

async function inTransaction<T>(session: PostgresSession, work: SqlWork<T>): Promise<T> {
  const { runner } = session;
  await runner.startTransaction();
  try {
    const result = await work(session);
    await runner.commitTransaction();
    return result;
  } catch (error) {
    // The connection may be what failed.
    await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  }
}

function lockedForMigration<T>(
  session: PostgresSession,
  work: (runner: QueryRunner) => Promise<T>,
): Promise<T> {
  return inTransaction(session, async () => {
    await session.query(`SELECT pg_advisory_xact_lock(${LOCK_CLASS})`);
    return work(session.runner);
  });
}

async function starting<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    throw postgresStartError(error);
  }
}
