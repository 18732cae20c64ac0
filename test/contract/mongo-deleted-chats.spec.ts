import { MongoStore } from '../../src/store/mongo/mongo-store.js';
import { describeMongo, freshMongo, type TestMongo } from '../support/mongo.js';
import { completed, Scene, T0 } from './store/scene.js';

describeMongo('the id of a deleted chat in MongoDB', () => {
  let database: TestMongo;
  let store: MongoStore;
  let one: Scene;
  beforeEach(async () => {
    database = await freshMongo();
    store = new MongoStore({ kind: 'mongodb', url: database.url, pool: 5 });
    await store.open();
    one = new Scene(store);
  });
  afterEach(async () => {
    await store.close();
    await database.drop();
  });

  const deletedChat = async () => {
    const { conversationId: id } = await one.answered(one.opening({ chatId: 'A private name' }));
    await one.conversations.delete(one.ownerId, id, null);
    return id;
  };
  const wasDeleted = (id: string) => one.conversations.wasDeleted(one.ownerId, id);
  const tombstones = () =>
    database.on((client) => client.db().collection('conversations').find({}).toArray());

  /** Long after all that a test did; the second one removes what waited for its number in the feed. */
  async function sweepLater(): Promise<void> {
    const later = { logsBefore: T0, rowsBefore: Date.now() + 60_000 };
    await store.changes.end();
    await one.generations.sweep(later);
    await one.generations.sweep(later);
  }

  it('outlives the tombstones of other conversations, without its name', async () => {
    const id = await deletedChat();
    const { conversationId: other } = await one.answered(one.opening());
    await one.conversations.delete(one.ownerId, other, null);
    await sweepLater();
    expect(await wasDeleted(id)).toBe(true);
    const left = await tombstones();
    expect(left.map((document) => document['id'])).toEqual([id]);
    expect(JSON.stringify(left)).not.toContain('private');

    const late = await one.claimed(one.opening({ chatId: 'x' }, { conversationId: id }));
    expect(await one.finish(late, completed('Yes'))).toBe('deleted');
    expect(await one.count()).toBe(0);
  });

  it('is looked at by no later sweep', async () => {
    await deletedChat();
    await sweepLater();
    const [before] = await tombstones();
    await sweepLater();
    expect(await tombstones()).toEqual([before]);
  });

  it('is forgotten with its owner, also where a worker may still write', async () => {
    const old = await deletedChat();
    await sweepLater();
    const recent = await deletedChat();
    const taken = await deletedChat();
    await store.erasure.erase(one.ownerId, [taken]);
    for (const id of [old, recent, taken]) expect(await wasDeleted(id)).toBe(false);
    expect((await tombstones()).map((document) => document['id'])).toEqual([taken]);
    await sweepLater();
    expect(await tombstones()).toEqual([]);
  });
});
