import type { QueryRunner } from 'typeorm';
import { retry } from '../../../common/retry.js';
import { SQLITE } from './dialect.js';
import { GroupCommit, immediately } from './group-commit.js';
import { migrate } from './migrator.js';
import { SqlDatabase, type SqlWork } from './sql-database.js';
import { SqliteConnection, type SqliteUse } from './sqlite-connection.js';
import { isBusy, sqliteError, sqliteStartError } from './sqlite-errors.js';
import { WriteMutex } from './write-mutex.js';

interface Connections {
  history: SqliteConnection;
  log: SqliteConnection;
  read: SqliteConnection;
}

/** How long a statement waits for other processes that write, in all. */
const BUSY_LIMIT_MS = 2000;
/** Migrations of another process may take their time. */
const OPEN_BUSY_LIMIT_MS = 10_000;

/**
 * A SQLite file behind three connections. TypeORM shares a connection among all who ask, so what one
 * reads could be another's open transaction, and one's rollback could take another's insert along:
 *
 * - `history` writes durably (a commit is flushed to the disk),
 * - `log` writes what a power failure may take back, without the flush that stops the process,
 * - `read` only reads: what is committed, and without waiting for anybody, as WAL allows.
 *
 * SQLite has one writer a file, so both writing connections take turns behind one mutex: two of the
 * same process in each other's way would wait for themselves. Writers of other processes are waited
 * for between tries, with the event loop free.
 */
export class SqliteDatabase extends SqlDatabase {
  readonly dialect = SQLITE;
  private readonly mutex = new WriteMutex();
  private readonly commits = new GroupCommit(
    (promised) => (promised ? this.opened().history : this.opened().log),
    (task) => this.mutex.run(task),
  );
  private connections: Connections | null = null;

  constructor(
    private readonly file: string,
    private readonly busyLimitMs = BUSY_LIMIT_MS,
  ) {
    super();
  }

  async open(): Promise<void> {
    await this.close();
    await this.migrating(migrate);
    await this.starting(() => this.connect());
  }

  async close(): Promise<void> {
    const open = this.connections;
    this.connections = null;
    if (!open) return;
    await this.mutex.run(async () => {
      for (const connection of [open.read, open.log, open.history]) await connection.close();
    });
  }

  /** Behind the file's write lock: who comes second waits, and finds nothing left to do. */
  migrating<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    return this.starting(async () => {
      const connection = await SqliteConnection.open(this.file, 'history');
      try {
        return await immediately(connection, () => work(connection.runner));
      } finally {
        await connection.close();
      }
    });
  }

  read<T>(work: SqlWork<T>): Promise<T> {
    return this.patiently(() => work(this.opened().read));
  }

  /** Reads of this process wait for nobody: there is nothing to be ahead of. */
  lookUp<T>(work: SqlWork<T>): Promise<T> {
    return this.read(work);
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

  /** A flush stops the whole process for milliseconds: one that nobody waits for is left out. */
  chained<T>(work: SqlWork<T>, promised: boolean): Promise<T> {
    return this.patiently(() => this.commits.run(work, promised));
  }

  private async connect(): Promise<void> {
    const opened: SqliteConnection[] = [];
    const open = async (use: SqliteUse) => {
      const connection = await SqliteConnection.open(this.file, use);
      opened.push(connection);
      return connection;
    };
    try {
      const history = await open('history');
      this.connections = { history, log: await open('log'), read: await open('read') };
    } catch (error) {
      for (const connection of opened) await connection.close();
      throw error;
    }
  }

  /** Another process may be migrating, or as new as this one. */
  private async starting<T>(attempt: () => Promise<T>): Promise<T> {
    try {
      return await retry(attempt, busyRetries(OPEN_BUSY_LIMIT_MS));
    } catch (error) {
      throw sqliteStartError(error);
    }
  }

  private opened(): Connections {
    if (!this.connections) throw new Error('The database connection is not open');
    return this.connections;
  }

  private async patiently<T>(attempt: () => Promise<T>): Promise<T> {
    try {
      return await retry(attempt, busyRetries(this.busyLimitMs));
    } catch (error) {
      throw sqliteError(error);
    }
  }
}

function busyRetries(withinMs: number) {
  return { withinMs, firstDelayMs: 5, maxDelayMs: 80, retryable: isBusy };
}
