import { randomUUID } from 'node:crypto';
import { MongoStore } from '../../src/store/mongo/mongo-store.js';
import { StoreStartError } from '../../src/store/store.js';
import { describeMongo, freshMongo, type TestMongo } from '../support/mongo.js';
import { MongoWire } from '../support/mongo-wire.js';
import { newestFirst, Scene } from './store/scene.js';

const UNAVAILABLE = { name: 'AppError', reason: 'store_unavailable', status: 503 };

describeMongo('MongoDB that fails', () => {
  let database: TestMongo;
  let wire: MongoWire;
  const stores: MongoStore[] = [];
  beforeEach(async () => {
    database = await freshMongo();
    wire = new MongoWire(database.url);
    await wire.up();
  });
  afterEach(async () => {
    wire.goOn();
    for (const store of stores.splice(0)) await store.close();
    await wire.down();
    await database.drop();
  });

  function storeOf(url: string, pool = 3): MongoStore {
    const store = new MongoStore({ kind: 'mongodb', url, pool });
    stores.push(store);
    return store;
  }

  async function opened(pool = 3): Promise<MongoStore> {
    const store = storeOf(wire.url, pool);
    await store.open();
    return store;
  }

  const look = (store: MongoStore) =>
    store.conversations.list(randomUUID(), newestFirst({ limit: 1, offset: 0 }));

  it('is waited for at the start', async () => {
    await wire.down();
    const store = storeOf(wire.url);
    await expect(store.open()).rejects.toMatchObject(UNAVAILABLE);
    await expect(look(store)).rejects.toMatchObject(UNAVAILABLE);
    await expect(store.ping()).rejects.toMatchObject(UNAVAILABLE);

    await wire.up();
    await store.open();
    await expect(look(store)).resolves.toMatchObject({ total: 0 });
  });

  it('is unavailable while it is away, and then there again with what it had', async () => {
    const one = new Scene(await opened());
    const { conversationId } = await one.answered(one.opening());
    await wire.down();
    await expect(one.generations.claim(one.opening())).rejects.toMatchObject(UNAVAILABLE);
    await expect(one.conversations.find(one.ownerId, conversationId)).rejects.toMatchObject(
      UNAVAILABLE,
    );

    await wire.up();
    expect(await one.transcript(conversationId)).toHaveLength(2);
    await one.answered(one.reply(conversationId));
    expect(await one.transcript(conversationId)).toHaveLength(4);
  });

  it('is unavailable when no connection is free in time', async () => {
    const store = await opened(1);
    const stuck = wire.failAfter(0, 'late');
    const first = store.conversations.tags(randomUUID());
    await stuck;
    await expect(store.ping()).rejects.toMatchObject(UNAVAILABLE);
    wire.goOn();
    await expect(first).resolves.toEqual([]);
    await expect(store.ping()).resolves.toBeUndefined();
  });

  it('is unavailable when it does not answer', async () => {
    const store = await opened();
    void wire.failAfter(0, 'late');
    await expect(store.ping()).rejects.toMatchObject(UNAVAILABLE);
    wire.goOn();
    await expect(store.ping()).resolves.toBeUndefined();
  });

  it('says in its errors nothing of what is stored', async () => {
    const one = new Scene(await opened());
    const turn = one.opening({ text: 'my secret' });
    await wire.down();
    const error: unknown = await one.generations.claim(turn).catch((reason: unknown) => reason);
    expect(JSON.stringify([error, String((error as Error).cause)])).not.toContain('secret');
  });

  it('acknowledges only what a majority has on disk, whatever the URL says', async () => {
    const url = new URL(wire.url);
    for (const [name, value] of [
      ['w', '1'],
      ['journal', 'false'],
      ['readPreference', 'secondary'],
    ] as const)
      url.searchParams.set(name, value);
    const store = storeOf(url.href);
    await store.open();
    wire.commands.length = 0;
    const one = new Scene(store);
    await one.answered(one.opening());
    await one.conversations.list(one.ownerId, newestFirst({ limit: 1, offset: 0 }));

    const writes = wire.commands.filter(
      (command) => 'insert' in command || 'update' in command || 'findAndModify' in command,
    );
    expect(writes.length).toBeGreaterThan(4);
    for (const command of writes)
      expect(command).toMatchObject({ writeConcern: { w: 'majority', j: true } });
    const reads = wire.commands.filter((command) => 'find' in command);
    expect(reads.length).toBeGreaterThan(1);
    for (const { $readPreference } of reads)
      expect($readPreference?.mode ?? 'primary').toBe('primary');
  });

  it.each([
    ['an unknown option', 'mongodb://127.0.0.1:1/chat?hunter2=1'],
    ['options that exclude each other', 'mongodb://hunter2:1,b:1/chat?directConnection=true'],
    ['a password that is not encoded', 'mongodb://user:hunter2%ZZ@127.0.0.1:1/chat'],
    ['a port that is none', 'mongodb://hunter2:99999/chat'],
    ['a certificate that is not there', 'mongodb://127.0.0.1:1/chat?tls=true&tlsCAFile=/hunter2'],
  ])('ends the start for a URL with %s, and does not tell it', async (_what, url) => {
    const error: unknown = await storeOf(url)
      .open()
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoreStartError);
    expect(String(error)).toMatch(/HISTORY_DB_URL: /);
    expect(String(error)).not.toContain('hunter2');
  });

  it('ends the start when it refuses the user', async () => {
    const url = new URL(database.url);
    url.username = 'nobody';
    url.password = 'hunter2';
    url.searchParams.set('authSource', 'admin');
    const error: unknown = await storeOf(url.href)
      .open()
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoreStartError);
    expect(String(error)).toContain('HISTORY_DB_URL: the server refuses this user or password');
  });
});
