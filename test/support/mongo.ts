import { randomUUID } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { keptServer, missing } from './kept-server.js';

/** A database that no other spec uses. */
export interface TestMongo {
  url: string;
  /** Works on it past the store. */
  on<T>(work: (client: MongoClient) => Promise<T>): Promise<T>;
  drop(): Promise<void>;
}

/** The first run on a machine builds the server. */
const PATIENCE_MS = 600_000;

/**
 * URL of a server that speaks MongoDB's protocol: that of `TEST_MONGODB_URL`, else of one that this
 * run starts the first time a spec imports this file. Null where none can be had; with
 * `REQUIRE_DATABASES=1` that is a failure.
 */
export const mongoUrl: string | null = await findServer();

/** `describe` for what needs MongoDB; reported as skipped where there is none. */
export const describeMongo = mongoUrl === null ? describe.skip : describe;

/** Makes a database of its own for a spec; it begins to be with the first write. */
export async function freshMongo(): Promise<TestMongo> {
  const server = new URL(mongoUrl ?? 'mongodb://none');
  // The users of the server are those of the database that its URL names.
  if (server.username && !server.searchParams.has('authSource'))
    server.searchParams.set('authSource', server.pathname.slice(1) || 'admin');
  server.pathname = `/chat_${randomUUID().replaceAll('-', '')}`;
  const url = server.href;
  const on = <T>(work: (client: MongoClient) => Promise<T>) => onClient(url, work);
  return Promise.resolve({
    url,
    on,
    drop: async () => {
      await on((client) => client.db().dropDatabase());
    },
  });
}

async function onClient<T>(url: string, work: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = await new MongoClient(url).connect();
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

async function findServer(): Promise<string | null> {
  const { TEST_MONGODB_URL: given } = process.env;
  if (given) return given;
  const found = await keptServer('mongo', PATIENCE_MS);
  return found.url ?? missing('MongoDB', found);
}
