import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { keptServer, missing } from './kept-server.js';

/** A database that no other spec uses. */
export interface TestDatabase {
  url: string;
  /** Runs SQL on it, past the store. */
  query<Row extends object>(sql: string, parameters?: unknown[]): Promise<Row[]>;
  /** Removes it and closes its connections. */
  drop(): Promise<void>;
}

/**
 * URL of a real PostgreSQL: that of `TEST_POSTGRES_URL`, else of a server that this run starts the
 * first time a spec imports this file. Null where none can be had; with `REQUIRE_DATABASES=1` that
 * is a failure.
 */
export const postgresUrl: string | null = await findServer();

/** `describe` for what needs PostgreSQL; reported as skipped where there is none. */
export const describePostgres = postgresUrl === null ? describe.skip : describe;

/**
 * Makes a database of its own for a spec.
 *
 * @param how - more of `CREATE DATABASE`
 */
export async function freshDatabase(how = ''): Promise<TestDatabase> {
  const server = new URL(postgresUrl ?? 'postgresql://none');
  const name = `chat_${randomUUID().replaceAll('-', '')}`;
  await onClient(server.href, (client) => client.query(`CREATE DATABASE ${name} ${how}`));
  const own = new URL(server);
  own.pathname = `/${name}`;
  return {
    url: own.href,
    query: (sql, parameters) =>
      onClient(own.href, async (client) => (await client.query(sql, parameters)).rows),
    drop: async () => {
      await onClient(server.href, (client) =>
        client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
      );
    },
  };
}

async function onClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function findServer(): Promise<string | null> {
  const { TEST_POSTGRES_URL: given } = process.env;
  if (given) return given;
  const found = await keptServer('postgres', 30_000);
  return found.url ?? missing('PostgreSQL', found);
}
