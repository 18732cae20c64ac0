import { MongoStore } from '../../src/store/mongo/mongo-store.js';
import { describeMongo, freshMongo, type TestMongo } from '../support/mongo.js';
import { MongoWire, type Fault } from '../support/mongo-wire.js';
import { changesOf } from './store/changes.js';
import { failed, Scene, T0 } from './store/scene.js';
import { made } from './store/settings.js';

/** More commands than any one call sends. */
const ENOUGH = 40;

describeMongo('the feed of changes in MongoDB', () => {
  let database: TestMongo;
  let store: MongoStore;
  let other: MongoStore;
  let wire: MongoWire;
  beforeEach(async () => {
    database = await freshMongo();
    store = await opened(database.url);
    wire = new MongoWire(database.url);
    await wire.up();
    other = await opened(wire.url);
  });
  afterEach(async () => {
    wire.goOn();
    await other.close();
    await store.close();
    await wire.down();
    await database.drop();
  });

  async function opened(url: string): Promise<MongoStore> {
    const made = new MongoStore({ kind: 'mongodb', url, pool: 5 });
    await made.open();
    return made;
  }

  /** Makes conversations with three changes each. */
  async function changed({ conversations, ownerId }: Scene, ids: string[] = []): Promise<string[]> {
    for (const wish of [made(), made()]) {
      ids.push(wish.id);
      await conversations.create(ownerId, wish);
      await conversations.update(ownerId, wish.id, {}, null);
      await conversations.update(ownerId, wish.id, { tags: ['t'] }, null);
      await conversations.update(ownerId, wish.id, { pinned: true }, null);
    }
    return ids;
  }

  /** What there is behind a cursor, after a check that each change of these is there once and in order. */
  async function whole(one: Scene, start: string, ids: readonly string[]) {
    const { entries, cursor } = await changesOf(store, one.ownerId, start);
    for (const id of ids) {
      const own = entries.filter(({ conversationId }) => conversationId === id);
      expect(own.map(({ revision }) => revision)).toEqual([1, 3, 4]);
    }
    expect(entries).toHaveLength(3 * ids.length);
    const numbers = entries.map((entry) => Number(entry.cursor.split('-')[0]));
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
    return { entries, cursor };
  }

  const ACTS: [string, (one: Scene) => Promise<unknown>][] = [
    [
      'reads',
      ({ ownerId }) => other.changes.end().then((at) => other.changes.after(at, 9, ownerId)),
    ],
    ['sweeps', () => other.changes.sweep(0)],
  ];

  describe.each(ACTS)('when a process that %s', (_what, act) => {
    it.each(['command lost', 'answer lost'] as Fault[])(
      'dies at any of its commands, has each change once (%s)',
      async (fault) => {
        for (let commands = 0; commands < ENOUGH; commands += 1) {
          const one = new Scene(store);
          const start = await store.changes.end();
          const ids = await changed(one);
          void wire.failAfter(commands, fault);
          await act(one).catch((error: unknown) =>
            expect(error).toMatchObject({ reason: 'store_unavailable' }),
          );
          const isThrough = !wire.hasFailed;
          wire.goOn();
          await changed(one, ids);
          const { cursor } = await whole(one, start, ids);
          expect(await store.changes.end()).toBe(cursor);
          if (isThrough) return;
        }
        throw new Error('It never got through');
      },
      60_000,
    );

    it.each(['are there', 'are removed'])(
      'stands still at any of its commands, has each change once, while others read and those %s',
      async (then) => {
        for (let commands = 0; commands < ENOUGH; commands += 1) {
          const one = new Scene(store);
          const start = await store.changes.end();
          const ids = await changed(one);
          const still = wire.failAfter(commands, 'late');
          const through = act(one);
          const isThrough = await Promise.race([through.then(() => true), still.then(() => false)]);
          await changed(one, ids);
          const { entries, cursor } = await whole(one, start, ids);
          if (then === 'are removed') await store.changes.sweep(Date.now() + 60_000);
          const later = await changed(one);
          wire.goOn();
          await through;
          const { entries: added } = await whole(one, cursor, later);
          if (then === 'are there') {
            const all = await whole(one, start, [...ids, ...later]);
            expect(all.entries).toEqual([...entries, ...added]);
          }
          if (isThrough) return;
        }
        throw new Error('It never got through');
      },
      60_000,
    );
  });

  it.each(['command lost', 'answer lost', 'late'] as Fault[])(
    'has all behind a cursor or says that it has not, wherever a removal ends (%s)',
    async (fault) => {
      for (let commands = 0; commands < ENOUGH; commands += 1) {
        const one = new Scene(store);
        const start = await store.changes.end();
        const ids = await changed(one);
        const { entries, cursor: end } = await whole(one, start, ids);
        const still = wire.failAfter(commands, fault);
        const through = other.changes.sweep(Date.now() + 60_000).catch(() => undefined);
        await Promise.race([through, still]);
        const isThrough = !wire.hasFailed;
        for (const [index, { cursor }] of entries.entries()) {
          const behind = await store.changes.after(cursor, 100, one.ownerId);
          if (behind !== 'lost') expect(behind).toEqual(entries.slice(index + 1));
        }
        wire.goOn();
        await through;
        expect(await store.changes.after(end, 100, one.ownerId)).toEqual([]);
        await store.changes.sweep(Date.now() + 60_000);
        expect(await store.changes.after(start, 100, one.ownerId)).toBe('lost');
        expect(await store.changes.end()).toBe(end);
        const left = await database.on((client) =>
          client.db().collection('changes').find({}).toArray(),
        );
        expect(left.slice(1)).toMatchObject([{ ownerId: '', conversationId: '', event: null }]);
        if (isThrough) return;
      }
      throw new Error('It never got through');
    },
    60_000,
  );

  it('has the deletion of a conversation whose tombstone is to be removed', async () => {
    const one = new Scene(store);
    const start = await store.changes.end();
    const { conversationId } = await one.answered(one.opening());
    await one.conversations.delete(one.ownerId, conversationId, null);
    const later = Date.now() + 60_000;
    await one.generations.sweep({ logsBefore: T0, rowsBefore: later });
    const { entries } = await changesOf(store, one.ownerId, start);
    expect(entries.map(({ event, revision }) => `${event.type} ${revision}`)).toEqual([
      'conversation.created 1',
      'generation.started 1',
      'generation.ended 2',
      'conversation.deleted 2',
    ]);
    await one.generations.sweep({ logsBefore: T0, rowsBefore: later });
    expect(
      await database.on((client) => client.db().collection('conversations').countDocuments()),
    ).toBe(0);
  });

  it('lets a generation end whose end the store refuses to record', async () => {
    const one = new Scene(store);
    const turn = await one.begun(one.opening(), ['a']);
    wire.refuse(({ update }) => update === 'conversations');
    const slow = one.on(other);
    await expect(slow.finish(turn, failed('a', true))).rejects.toMatchObject({
      reason: 'internal',
    });
    expect(await slow.finish(turn, failed('a', true), null, 'record')).toBe('ended');
    expect(await one.record(turn.id)).toMatchObject({ status: 'failed', committed: true });
  });

  it('keeps few changes in a conversation that nobody reads the changes of', async () => {
    const one = new Scene(store);
    const start = await store.changes.end();
    const { conversationId: id } = await one.answered(one.opening());
    for (let n = 0; n < 20; n += 1) {
      await one.answered(one.reply(id));
      await one.conversations.update(one.ownerId, id, { tags: [`t${n}`] }, null);
    }
    const stored = await database.on((client) =>
      client.db().collection('conversations').findOne({ ownerId: one.ownerId }),
    );
    expect(stored?.['outbox'].length).toBeLessThan(35);
    const { entries } = await changesOf(store, one.ownerId, start);
    expect(entries).toHaveLength(3 + 20 * 3);
    expect(entries.slice(1).map(({ revision }) => revision)).toEqual(
      Array.from({ length: 62 }, (_, index) => index + 1),
    );
  });

  it('does not ask the store for more than it needs while nothing happens', async () => {
    const one = new Scene(store);
    await changed(one);
    const end = await store.changes.end();
    wire.commands.length = 0;
    expect(await other.changes.after(end, 100, null)).toEqual([]);
    expect(wire.commands.map((command) => Object.keys(command)[0])).toEqual([
      'find',
      'find',
      'find',
    ]);
  });
});
