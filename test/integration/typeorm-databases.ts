import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSourceOptions } from 'typeorm';
import { MIGRATIONS as POSTGRES_MIGRATIONS } from '../../migrations/postgres/index.js';
import { MIGRATIONS as SQLITE_MIGRATIONS } from '../../migrations/sqlite/index.js';
import type { SqlTarget } from '../../src/store/typeorm/database/create-database.js';
import { sqliteDriver } from '../../src/store/typeorm/sqlite/sqlite-driver.js';
import { describePostgres, freshDatabase } from '../support/postgres.js';
import { describeSqlite, openSqlite } from '../support/sqlite.js';

/** An empty database, and a way to it past the store. */
export interface EmptyDatabase {
  target: SqlTarget;
  /** For a data source of TypeORM's own. */
  options: DataSourceOptions;
  query<Row extends object>(sql: string): Promise<Row[]>;
  dispose(): Promise<void>;
}

export interface SqlKind {
  name: string;
  describe: jest.Describe;
  /** The first makes the history, the second the generations. */
  migrations: [string, string, ...string[]];
  make(): Promise<EmptyDatabase>;
}

function names(steps: { name: string }[]): SqlKind['migrations'] {
  const [history, generations, ...later] = steps.map(({ name }) => name);
  if (history === undefined || generations === undefined) throw new Error('Steps are missing');
  return [history, generations, ...later];
}

export const SQLITE_KIND: SqlKind = {
  name: 'SQLite',
  describe: describeSqlite,
  migrations: names(SQLITE_MIGRATIONS),
  make: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'chat-sqlite-'));
    const file = join(folder, 'chat.sqlite');
    return {
      target: { kind: 'sqlite', file },
      options: { type: 'better-sqlite3', driver: sqliteDriver(), database: file },
      query: async <Row>(sql: string) => {
        const database = openSqlite(file);
        try {
          const statement = database.prepare<unknown[], Row>(sql);
          if (statement.reader) return statement.all();
          statement.run();
          return [];
        } finally {
          database.close();
        }
      },
      dispose: () => rm(folder, { recursive: true }),
    };
  },
};

export const POSTGRES_KIND: SqlKind = {
  name: 'PostgreSQL',
  describe: describePostgres,
  migrations: names(POSTGRES_MIGRATIONS),
  make: async () => {
    const database = await freshDatabase();
    return {
      target: { kind: 'postgres', url: database.url, pool: 3 },
      options: { type: 'postgres', url: database.url },
      query: (sql) => database.query(sql),
      dispose: database.drop,
    };
  },
};

export const SQL_KINDS = [SQLITE_KIND, POSTGRES_KIND];
