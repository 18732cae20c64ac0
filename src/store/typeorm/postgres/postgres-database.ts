import type { QueryRunner } from 'typeorm';
import { Semaphore } from '../../../common/semaphore.js';
import type { AppLogger } from '../../../observability/app-logger.js';
import { storeBusy } from '../../store-errors.js';
import type { ConnectionCounts } from '../../store.js';
import { shareConnections } from '../../support/connection-shares.js';
import { LOCK_CLASS, POSTGRES } from '../database/dialect.js';
import { migrate } from '../database/migrator.js';
import { SqlDatabase, type SqlWork } from '../database/sql-database.js';
import { FirstStatistics } from './first-statistics.js';
import { PostgresConnector } from './postgres-connector.js';
import { isLostConnection } from './postgres-errors.js';
import { PostgresGroupCommit } from './postgres-group-commit.js';
import { PostgresPool } from './postgres-pool.js';
import { inTransaction } from './postgres-session.js';
import type { SessionSettings } from './postgres-setup.js';
import { WriteProbe } from './write-probe.js';

/** No statement of this service takes a second; one that does is stuck. */
const REQUESTS: SessionSettings = { statementMs: 10_000, answerMs: 12_000, isDurable: true };
/**
 * A worker whose counter does not change for 15 s is declared dead: a dead connection must be
 * detected long before, and a heartbeat must not wait for synchronous replication.
 */
const COORDINATION: SessionSettings = { statementMs: 4000, answerMs: 5000, isDurable: false };
/** How long a read waits for others that read. */
const MAX_READ_WAIT_MS = 3000;
/** Pause before a connection for coordination is tried again after the server had none. */
const COORDINATION_RETRY_MS = 30_000;
/** A step over a large table may take its time, on a connection of its own. */
const MIGRATION: SessionSettings = { statementMs: 0, answerMs: 0, isDurable: true };
/** Moving a whole history takes as long as it takes. */
const LONG = MIGRATION;
/** How long to wait for another node's migrations before the start is tried again. */
const MIGRATION_LIMITS = { statementMs: 0, lockMs: 10_000 };

/** A PostgreSQL server behind TypeORM's pools: one that serves requests, one for coordination. */
export class PostgresDatabase extends SqlDatabase {
  readonly dialect = POSTGRES;
  private readonly connector: PostgresConnector;
  private readonly requests: PostgresPool;
  private readonly coordination: PostgresPool;
  private readonly commits: WriteProbe;
  private readonly groups: PostgresGroupCommit;
  private readonly statistics: FirstStatistics;
  private readonly reads: Semaphore;
  private coordinationTriedAt = -Infinity;
  private coordinationMissed = false;

  /** @param connections what this worker may have, as `shareConnections` shares them out */
  constructor(
    url: string,
    connections: number,
    private readonly logger: AppLogger,
  ) {
    super();
    const shares = shareConnections(connections);
    this.connector = new PostgresConnector(url, logger);
    this.requests = new PostgresPool(this.connector, shares.requests, REQUESTS);
    this.coordination = new PostgresPool(this.connector, shares.coordination, COORDINATION);
    this.commits = new WriteProbe(this.requests);
    this.groups = new PostgresGroupCommit(this.requests);
    this.statistics = new FirstStatistics(() => this.connectionBeside(), logger);
    this.reads = new Semaphore(shares.reads, {
      afterMs: MAX_READ_WAIT_MS,
      error: storeBusy,
    });
  }

  async open(): Promise<void> {
    await this.close();
    this.coordinationTriedAt = -Infinity;
    await this.migrating(migrate);
    await this.requests.open();
    await this.openCoordination();
  }

  async close(): Promise<void> {
    await this.coordination.close();
    await this.requests.close();
  }

  override connectionCounts(): ConnectionCounts {
    const [requests, coordination] = [this.requests.counts, this.coordination.counts];
    return {
      idle: requests.idle + coordination.idle,
      used: requests.used + coordination.used,
    };
  }

  /** Behind a lock that ends with the transaction. */
  async migrating<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    const pool = new PostgresPool(this.connector, 1, MIGRATION);
    return pool.whileOpen(() =>
      pool.runAtStart((session) =>
        inTransaction(session, MIGRATION_LIMITS, async () => {
          await session.query(`SELECT pg_advisory_xact_lock(${LOCK_CLASS})`);
          return work(session.runner);
        }),
      ),
    );
  }

  async snapshot<T>(work: SqlWork<T>): Promise<T> {
    const pool = new PostgresPool(this.connector, 1, LONG);
    return pool.whileOpen(() =>
      pool.run((session) =>
        inTransaction(session, { ...LONG, isolation: 'REPEATABLE READ' }, work),
      ),
    );
  }

  /** Behind the lock of migrations, which whoever opens it waits for. */
  async longTransaction<T>(work: SqlWork<T>): Promise<T> {
    const pool = new PostgresPool(this.connector, 1, LONG);
    return pool.whileOpen(() =>
      pool.run((session) =>
        inTransaction(session, MIGRATION_LIMITS, async () => {
          await session.query(`SELECT pg_advisory_xact_lock(${LOCK_CLASS})`);
          return work(session);
        }),
      ),
    );
  }

  /** Who serves it is seen in its table of workers. */
  async assertUnopened(): Promise<void> {
    // Connections do not say what they are for.
  }

  read<T>(work: SqlWork<T>): Promise<T> {
    return this.reads.run(() => this.lookUp(work));
  }

  /** Retries on another connection, since one may have died in the pool undetected. */
  lookUp<T>(work: SqlWork<T>): Promise<T> {
    return this.requests.run(work, isLostConnection);
  }

  /** Uses the connections of requests if the server has no connection left for coordination. */
  coordinate<T>(work: SqlWork<T>): Promise<T> {
    if (!this.coordination.isOpen) void this.openCoordination();
    return this.coordination.runOr(work, () => this.lookUp(work));
  }

  /** Only once: a statement whose connection was lost may have happened. */
  write<T>(work: SqlWork<T>): Promise<T> {
    return this.requests.run(work);
  }

  chained<T>(work: SqlWork<T>): Promise<T> {
    this.statistics.wrote();
    return this.groups.run(work);
  }

  transaction<T>(work: SqlWork<T>): Promise<T> {
    return this.requests.transaction(work);
  }

  /** The server does, in its time. */
  async overwriteRemoved(): Promise<void> {
    // Nothing can be done about its files.
  }

  /**
   * One more connection, for work that must not wait for the others; its user opens and closes it.
   */
  connectionBeside(): PostgresPool {
    return new PostgresPool(this.connector, 1, REQUESTS);
  }

  assertWritable(probe: SqlWork<unknown>): Promise<void> {
    return this.commits.assertWork(probe);
  }

  private async openCoordination(): Promise<void> {
    const now = performance.now();
    if (now - this.coordinationTriedAt < COORDINATION_RETRY_MS) return;
    this.coordinationTriedAt = now;
    try {
      await this.coordination.open();
      this.coordinationMissed = false;
    } catch (error) {
      const fields = { error };
      if (!this.coordinationMissed)
        this.logger.warn(
          'No connection is available for heartbeats; they use those of requests',
          fields,
        );
      this.coordinationMissed = true;
    }
  }
}
