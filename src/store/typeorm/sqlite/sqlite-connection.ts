import { DataSource, type QueryRunner } from 'typeorm';
import { MIGRATIONS } from '../../../../migrations/sqlite/index.js';
import type {
  ChainedWrite,
  ChainHead,
  ChainResult,
  SqlSession,
  SqlValue,
} from '../database/sql-database.js';
import { ENTITIES } from '../entities/entities.js';
import { sqliteDriver } from './sqlite-driver.js';

/** What a connection is for. */
export type SqliteUse = 'write' | 'read';

/**
 * How long SQLite itself waits for another process, which stops this whole process: as good as not.
 * Longer waits are between tries, with the event loop free.
 */
const BUSY_TIMEOUT_MS = 5;

/** Prepared statements of a connection: more than there are, since the first to be made are the first to go. */
const STATEMENTS = 1000;

/**
 * Maximum size of the `-wal` file after a restart of it; it is smaller unless a reader prevented
 * SQLite from emptying it.
 */
const WAL_LIMIT_BYTES = 8 * 1024 * 1024;

interface PragmaTarget {
  pragma(text: string): unknown;
}

/** One connection to the file; TypeORM has a single one for each data source of this driver. */
export class SqliteConnection implements SqlSession {
  readonly isLasting = true;
  /** Null: not known. */
  private flushesCommits: boolean | null = true;

  private constructor(
    private readonly source: DataSource,
    readonly runner: QueryRunner,
  ) {}

  static async open(file: string, use: SqliteUse): Promise<SqliteConnection> {
    const source = new DataSource({
      type: 'better-sqlite3',
      driver: sqliteDriver(),
      database: file,
      entities: ENTITIES,
      migrations: MIGRATIONS,
      timeout: BUSY_TIMEOUT_MS,
      statementCacheSize: STATEMENTS,
      logging: false,
      prepareDatabase: (database: PragmaTarget) => {
        // `enableWAL` would come after this and does nothing more.
        database.pragma('journal_mode = WAL');
        database.pragma(`journal_size_limit = ${WAL_LIMIT_BYTES}`);
        database.pragma('synchronous = FULL');
        // What was deleted is overwritten, so that it cannot be found in the file.
        database.pragma('secure_delete = ON');
        database.pragma(`query_only = ${use === 'read' ? 'ON' : 'OFF'}`);
      },
    });
    await source.initialize();
    return new SqliteConnection(source, source.createQueryRunner());
  }

  get manager() {
    return this.source.manager;
  }

  /**
   * Whether its next commits are flushed to the disk, so that a power failure takes none of them back. Not
   * within a transaction.
   */
  async flushCommits(flushes: boolean): Promise<void> {
    if (flushes === this.flushesCommits) return;
    this.flushesCommits = null;
    await this.query(`PRAGMA synchronous = ${flushes ? 'FULL' : 'NORMAL'}`);
    this.flushesCommits = flushes;
  }

  async query<Row>(sql: string, parameters: readonly SqlValue[] = []): Promise<Row[]> {
    const statement = positional(sql, parameters);
    const result = await this.runner.query(statement.sql, statement.parameters, true);
    return result.records as Row[];
  }

  async chain(write: ChainedWrite, parameters: readonly SqlValue[]): Promise<ChainResult | null> {
    const [head] = await this.query<ChainHead>(write.head, parameters);
    if (!head) return null;
    const returned = new Map<string, number>();
    for (const step of write.steps)
      if (step.applies(head))
        returned.set(step.name, (await this.query(step.sql, parameters)).length);
    return { head, returned: (step) => returned.get(step) ?? 0 };
  }

  async close(): Promise<void> {
    await this.source.destroy();
  }
}

interface Positional {
  sql: string;
  /** Index of the numbered parameter that each question mark stands for. */
  order: number[];
}

const known = new Map<string, Positional>();

/** Turns `$1`, `$2`, … into the question marks of SQLite's driver. Statements are few and fixed. */
export function positional(
  sql: string,
  parameters: readonly SqlValue[],
): { sql: string; parameters: SqlValue[] } {
  const translated = known.get(sql) ?? translate(sql);
  known.set(sql, translated);
  return {
    sql: translated.sql,
    parameters: translated.order.map((index) => parameters[index] ?? null),
  };
}

function translate(sql: string): Positional {
  const order: number[] = [];
  const text = sql.replace(/\$(\d+)/g, (_match, number: string) => {
    order.push(Number(number) - 1);
    return '?';
  });
  return { sql: text, order };
}
