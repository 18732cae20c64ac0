import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

/** A database that nobody else uses. */
export interface TestDatabase {
  url: string;
  /** Runs SQL on it, past the store. */
  query<Row extends object>(sql: string, parameters?: unknown[]): Promise<Row[]>;
  /** Removes it, with whoever is still connected. */
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

/** Makes a database of its own for a spec. */
export async function freshDatabase(): Promise<TestDatabase> {
  const server = new URL(postgresUrl ?? 'postgresql://none');
  const name = `chat_${randomUUID().replaceAll('-', '')}`;
  await onClient(server.href, (client) => client.query(`CREATE DATABASE ${name}`));
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
  const { TEST_POSTGRES_URL: given, TEST_RUN_FOLDER: folder, REQUIRE_DATABASES } = process.env;
  if (given) return given;
  const found = folder ? await keptServer(folder) : { error: 'Jest was run without its setup' };
  if (found.url !== undefined) return found.url;
  const problem = `No PostgreSQL for the tests: ${found.error ?? 'unknown'}`;
  if (REQUIRE_DATABASES === '1') throw new Error(problem);
  console.warn(`${problem}. Its suites are skipped.`);
  return null;
}

interface KeeperState {
  url?: string;
  error?: string;
}

/** The server of this run, started by whichever spec file comes first. */
async function keptServer(folder: string): Promise<KeeperState> {
  if (await isFirst(folder)) await startKeeper(folder);
  for (let tries = 0; tries < 600; tries += 1) {
    const state = await readFile(join(folder, 'postgres.json'), 'utf8').catch(() => null);
    if (state !== null) return JSON.parse(state);
    await delay(50);
  }
  return { error: 'its keeper said nothing for 30 s' };
}

async function isFirst(folder: string): Promise<boolean> {
  try {
    await (await open(join(folder, 'keeper.lock'), 'wx')).close();
    return true;
  } catch {
    return false;
  }
}

async function startKeeper(folder: string): Promise<void> {
  const script = fileURLToPath(new URL('./postgres/keeper.js', import.meta.url));
  const keeper = spawn(process.execPath, [script, folder, process.env.TEST_RUN_PID ?? '0'], {
    detached: true,
    stdio: 'ignore',
  });
  keeper.unref();
  const file = await open(join(folder, 'keeper.pid'), 'w');
  await file.writeFile(String(keeper.pid));
  await file.close();
}
