import { dirname } from 'node:path';
import type { QueryRunner } from 'typeorm';
import { retry } from '../../../common/retry.js';
import type { AppLogger } from '../../../observability/app-logger.js';
import { StoreStartError, type ConnectionCounts } from '../../store.js';
import { DiskFullError, hasRoom } from '../../support/files.js';
import { SQLITE } from '../database/dialect.js';
import { migrate } from '../database/migrator.js';
import { SqlDatabase, type SqlWork } from '../database/sql-database.js';
import { Semaphore } from '../../../common/semaphore.js';
import { WriteEvidence, GroupCommit, immediately } from './group-commit.js';
import { busyRetries } from './busy-retries.js';
import { overwriteRemoved } from './overwrite-removed.js';
import { SqliteConnection } from './sqlite-connection.js';
import { SqliteConnections } from './sqlite-connections.js';
import { sqliteError, sqliteStartError } from './sqlite-errors.js';
import { preparePrivately } from './sqlite-files.js';
import { inspect, isOpenElsewhere, workersLeft } from './sqlite-inspection.js';
import { SqliteMaintenance } from './sqlite-maintenance.js';

/** How long a statement waits for other processes that write, in all. */
const BUSY_LIMIT_MS = 2000;
const IN_USE =
  'HISTORY_DB_URL: another process has this SQLite database open; stop it first, or name another';
/** Migrations of another process may take their time. */
const OPEN_BUSY_LIMIT_MS = 10_000;

/**
 * A SQLite file behind two connections. TypeORM shares a connection among all who ask, so a read
 * could see another request's open transaction, and a rollback could undo another request's insert:
 *
 * - `write` writes behind a mutex: one transaction at a time. A commit is flushed to the disk, which stops
 *   the process, where it must survive a power failure. It is one connection for both kinds of commits, since
 *   each commit of another one makes a connection read its pages again.
 * - `read` only reads: what is committed, and without waiting for writers, as WAL allows.
 *
 * Writers of other processes are waited for between tries, with the event loop free.
 */
export class SqliteDatabase extends SqlDatabase {
  readonly dialect = SQLITE;
  private readonly mutex = new Semaphore(1);
  private readonly maintenance: SqliteMaintenance;
  private readonly commits: GroupCommit;
  private readonly evidence = new WriteEvidence();
  private connections: SqliteConnections | null = null;
  private left: readonly string[] = [];

  constructor(
    private readonly file: string,
    private readonly logger: AppLogger,
    private readonly busyLimitMs = BUSY_LIMIT_MS,
  ) {
    super();
    this.maintenance = new SqliteMaintenance(
      file,
      logger,
      (pages) => void this.setAutocheckpoint(pages),
    );
    this.commits = new GroupCommit({
      session: (durable) => this.session(durable),
      inTurn: (task) => this.mutex.run(task),
      committed: (durable) => this.committed(durable),
    });
  }

  async open(): Promise<void> {
    await this.close();
    await this.starting(() => this.inspect());
    this.left = await this.starting(async () => workersLeft(this.file));
    await this.migrating(migrate);
    this.connections = await this.starting(() => SqliteConnections.open(this.file));
    this.maintenance.begin();
    this.evidence.succeeded();
  }

  override get deadWorkers(): readonly string[] {
    return this.left;
  }

  async close(): Promise<void> {
    const open = this.connections;
    this.connections = null;
    if (!open) return;
    await this.maintenance.end();
    await this.mutex.run(() => open.close());
  }

  /** Behind the file's write lock: a second process waits, and finds all migrations done. */
  migrating<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    return this.starting(async () => {
      preparePrivately(this.file);
      const connection = await SqliteConnection.open(this.file, 'write');
      try {
        return await immediately(connection, () => work(connection.runner));
      } finally {
        await connection.close();
      }
    });
  }

  /** It is asked between two statements, which are synchronous: none is used then. */
  override connectionCounts(): ConnectionCounts {
    return { idle: this.connections ? SqliteConnections.COUNT : 0, used: 0 };
  }

  read<T>(work: SqlWork<T>): Promise<T> {
    return this.retryingWhileBusy(() => work(this.opened().read));
  }

  /** Reads do not wait in this database, so they need no priority. */
  lookUp<T>(work: SqlWork<T>): Promise<T> {
    return this.read(work);
  }

  async snapshot<T>(work: SqlWork<T>): Promise<T> {
    const connection = await this.starting(() => SqliteConnection.open(this.file, 'read'));
    try {
      await connection.query('BEGIN');
      // Only a read begins it.
      await connection.query('SELECT number FROM changes LIMIT 1');
      return await work(connection);
    } finally {
      await connection.close();
    }
  }

  /** With the write lock, which migrations wait for. */
  async longTransaction<T>(work: SqlWork<T>): Promise<T> {
    const connection = await this.starting(() => SqliteConnection.open(this.file, 'write'));
    try {
      await this.starting(() => connection.query('BEGIN IMMEDIATE'));
      const result = await work(connection);
      await connection.query('COMMIT');
      return result;
    } catch (error) {
      await connection.query('ROLLBACK').catch(() => undefined);
      throw sqliteError(error);
    } finally {
      await connection.close();
    }
  }

  async assertUnopened(): Promise<void> {
    await this.starting(() => this.inspect());
    if (isOpenElsewhere(this.file)) throw new StoreStartError(IN_USE);
  }

  coordinate<T>(work: SqlWork<T>, changes: boolean): Promise<T> {
    return changes ? this.write(work) : this.read(work);
  }

  write<T>(work: SqlWork<T>): Promise<T> {
    return this.chained(work, false);
  }

  transaction<T>(work: SqlWork<T>): Promise<T> {
    return this.chained(work, true);
  }

  /** A flush blocks the whole process for milliseconds: it is omitted if no client waits for it. */
  async chained<T>(work: SqlWork<T>, durable: boolean): Promise<T> {
    try {
      this.maintenance.location.assertSame();
      return await retry(() => this.commits.run(work, durable), busyRetries(this.busyLimitMs));
    } catch (error) {
      this.evidence.failed();
      throw sqliteError(error);
    }
  }

  /** All that was removed, in the whole file. */
  overwriteRemoved(): Promise<void> {
    return overwriteRemoved(this.opened().write, this.mutex);
  }

  /** Tries a write only if there was no recent successful one. */
  async assertWritable(probe: SqlWork<unknown>): Promise<void> {
    const { location } = this.maintenance;
    await this.retryingWhileBusy(async () => {
      this.opened();
      location.lookAround();
      location.assertSame();
      if (!(await hasRoom(dirname(this.file)))) throw new DiskFullError();
    });
    if (!this.evidence.isFresh) await this.write(probe);
  }

  private async session(durable: boolean): Promise<SqliteConnection> {
    const { write } = this.opened();
    await write.flushCommits(durable);
    return write;
  }

  /** A commit to a file that was moved or deleted is lost. */
  private committed(durable: boolean): Error | null {
    if (durable) this.maintenance.location.look();
    this.evidence.succeeded();
    return this.maintenance.location.trouble;
  }

  private async inspect(): Promise<void> {
    preparePrivately(this.file);
    await inspect(this.file, this.logger);
  }

  private async setAutocheckpoint(pages: number): Promise<void> {
    await this.mutex.run(async () => this.connections?.setAutocheckpoint(pages));
  }

  /** Another process may be migrating, or starting at the same time. */
  private async starting<T>(attempt: () => Promise<T>): Promise<T> {
    try {
      return await retry(attempt, busyRetries(OPEN_BUSY_LIMIT_MS));
    } catch (error) {
      throw sqliteStartError(error);
    }
  }

  private opened(): SqliteConnections {
    if (!this.connections) throw new Error('The database connection is not open');
    return this.connections;
  }

  private async retryingWhileBusy<T>(attempt: () => Promise<T>): Promise<T> {
    try {
      return await retry(attempt, busyRetries(this.busyLimitMs));
    } catch (error) {
      throw sqliteError(error);
    }
  }
}
