import { MongoStore } from '../../src/store/mongo/mongo-store.js';
import { freshMongo, type TestMongo } from '../support/mongo.js';
import { MongoWire } from '../support/mongo-wire.js';

/** A database with a store on it, and a wire to it on which another process can be disturbed. */
export interface MongoBehindWire {
  database: TestMongo;
  store: MongoStore;
  wire: MongoWire;
  /** The end of the feed of changes at the beginning. */
  start: string;
  close(): Promise<void>;
}

export async function mongoBehindWire(): Promise<MongoBehindWire> {
  const database = await freshMongo();
  const store = new MongoStore({ kind: 'mongodb', url: database.url, pool: 5 });
  await store.open();
  const start = await store.changes.end();
  const wire = new MongoWire(database.url);
  await wire.up();
  const close = async (): Promise<void> => {
    wire.goOn();
    await store.close();
    await wire.down();
    await database.drop();
  };
  return { database, store, wire, start, close };
}
