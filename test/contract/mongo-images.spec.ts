import { MongoStore } from '../../src/store/mongo/mongo-store.js';
import { describeMongo, freshMongo, type TestMongo } from '../support/mongo.js';
import { MongoWire, type Fault } from '../support/mongo-wire.js';
import { answeredWithImages, image, isKept, withImages, type KnownImage } from './store/images.js';
import { Scene } from './store/scene.js';

/** More commands than any one call sends. */
const ENOUGH = 40;
const BYTES = 300_000;
const FAULTS: Fault[] = ['command lost', 'answer lost'];

describeMongo('images in MongoDB, when a process dies at any of its commands', () => {
  let database: TestMongo;
  let store: MongoStore;
  let wire: MongoWire;
  beforeEach(async () => {
    database = await freshMongo();
    store = new MongoStore({ kind: 'mongodb', url: database.url, pool: 5 });
    await store.open();
    wire = new MongoWire(database.url);
    await wire.up();
  });
  afterEach(async () => {
    await store.close();
    await wire.down();
    await database.drop();
  });

  /** Whether the process died before it was through. */
  async function dies(
    act: (victim: MongoStore) => Promise<unknown>,
    after: number,
    fault: Fault,
  ): Promise<boolean> {
    wire.goOn();
    const victim = new MongoStore({ kind: 'mongodb', url: wire.url, pool: 5 });
    await victim.open();
    void wire.failAfter(after, fault);
    await act(victim).catch((error: unknown) =>
      expect(error).toMatchObject({ reason: 'store_unavailable' }),
    );
    const dead = wire.hasFailed;
    await victim.close();
    return dead;
  }

  const count = (name: string) =>
    database.on((client) => client.db().collection(name).countDocuments());

  /** Everything that a sweep may complete is completed. */
  async function swept(): Promise<void> {
    await store.images.sweep(Date.now() + 1);
    await store.generations.sweep({ logsBefore: 0, rowsBefore: 0 });
    await store.images.sweep(Date.now() + 1);
  }

  const put = (one: Scene, picture: KnownImage, conversationId: string) => {
    const use = { ownerId: one.ownerId, conversationId, messageId: `message of ${conversationId}` };
    return (victim: MongoStore) => victim.images.put(use, picture, 2 ** 30);
  };

  it.each(FAULTS)(
    'while it stores one, nothing is left of it (%s)',
    async (fault) => {
      for (let after = 0; after < ENOUGH; after += 1) {
        const one = new Scene(store);
        const picture = image(BYTES);
        const dead = await dies(put(one, picture, `c-${after}`), after, fault);
        await swept();
        expect(await store.images.usedBytes(one.ownerId)).toBe(0);
        expect(await isKept(one, `c-${after}`, picture)).toBe(false);
        expect(await count('image_pieces')).toBe(0);
        expect(await count('image_changes')).toBe(0);
        if (!dead) return;
      }
      throw new Error('It never got through');
    },
    120_000,
  );

  it.each(FAULTS)(
    'while it removes one that others use, it stays (%s)',
    async (fault) => {
      for (let after = 0; after < ENOUGH; after += 1) {
        const one = new Scene(store);
        const [shared, own] = [image(BYTES), image(BYTES)];
        const { use } = await answeredWithImages(one, [shared, own]);
        const kept = await answeredWithImages(one, [shared]);
        const remove = (victim: MongoStore) =>
          victim.conversations.delete(one.ownerId, use.conversationId, null);
        const dead = await dies(remove, after, fault);
        await swept();
        expect(await isKept(one, kept.use.conversationId, shared)).toBe(true);
        const isThere = (await one.count()) === 2;
        expect(await isKept(one, use.conversationId, own)).toBe(isThere);
        expect(await store.images.usedBytes(one.ownerId)).toBe(isThere ? 2 * BYTES : BYTES);
        if (!dead) return;
      }
      throw new Error('It never got through');
    },
    120_000,
  );

  it.each(FAULTS)(
    'while it removes the last use, a new one is safe (%s)',
    async (fault) => {
      for (let after = 0; after < ENOUGH; after += 1) {
        const one = new Scene(store);
        const picture = image(BYTES);
        const { use } = await answeredWithImages(one, [picture]);
        const remove = (victim: MongoStore) =>
          victim.conversations.delete(one.ownerId, use.conversationId, null);
        const dead = await dies(remove, after, fault);
        const next = await withImages(one, [picture]);
        await one.answered(next.turn);
        await swept();
        expect(await isKept(one, next.use.conversationId, picture)).toBe(true);
        expect(await store.images.usedBytes(one.ownerId)).toBe(BYTES);
        if (!dead) return;
      }
      throw new Error('It never got through');
    },
    120_000,
  );

  it('while a removal stands still anywhere, one that is put is safe', async () => {
    for (let after = 0; after < ENOUGH; after += 1) {
      const one = new Scene(store);
      const picture = image(BYTES);
      const { use } = await answeredWithImages(one, [picture]);
      wire.goOn();
      const slow = new MongoStore({ kind: 'mongodb', url: wire.url, pool: 5 });
      await slow.open();
      const still = wire.failAfter(after, 'late');
      const removal = slow.conversations.delete(one.ownerId, use.conversationId, null);
      const isThrough = await Promise.race([removal.then(() => true), still.then(() => false)]);
      const next = await answeredWithImages(one, [picture]);
      wire.goOn();
      await removal;
      await slow.close();
      await swept();
      expect(await isKept(one, next.use.conversationId, picture)).toBe(true);
      expect(await store.images.usedBytes(one.ownerId)).toBe(BYTES);
      if (isThrough) return;
    }
    throw new Error('It never got through');
  }, 120_000);

  it('while one that is put stands still anywhere, its removal does no harm', async () => {
    for (let after = 0; after < ENOUGH; after += 1) {
      const one = new Scene(store);
      const picture = image(BYTES);
      const { use } = await answeredWithImages(one, [picture]);
      wire.goOn();
      const slow = new MongoStore({ kind: 'mongodb', url: wire.url, pool: 5 });
      await slow.open();
      const still = wire.failAfter(after, 'late');
      const putting = put(one, picture, 'another')(slow);
      const isThrough = await Promise.race([putting.then(() => true), still.then(() => false)]);
      await one.conversations.delete(one.ownerId, use.conversationId, null);
      wire.goOn();
      expect(await putting).toBe('stored');
      await slow.close();
      expect(await isKept(one, 'another', picture)).toBe(true);
      await swept();
      expect(await store.images.usedBytes(one.ownerId)).toBe(0);
      if (isThrough) return;
    }
    throw new Error('It never got through');
  }, 120_000);
});
