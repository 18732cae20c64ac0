import type { Collection } from 'mongodb';
import type { GenerationDocument } from '../../src/store/mongo/documents/generation-document.js';
import { describeMongo } from '../support/mongo.js';
import { MongoStore } from '../../src/store/mongo/mongo-store.js';
import { mongoBehindWire, type MongoBehindWire } from './mongo-behind-wire.js';
import { Scene, T0 } from './store/scene.js';

const LATER = T0 + 99_000;

describeMongo('generations that are kept in MongoDB', () => {
  let behind: MongoBehindWire;
  let one: Scene;
  beforeEach(async () => {
    behind = await mongoBehindWire();
    one = new Scene(behind.store);
  });
  afterEach(() => behind.close());

  const generations = <T>(work: (all: Collection<GenerationDocument>) => Promise<T>) =>
    behind.database.on((client) => work(client.db().collection<GenerationDocument>('generations')));

  /** What the sweep of a release without kept generations does to rows. */
  async function earlierSweep(): Promise<void> {
    await generations(async (all) => {
      const ended = { finishedAt: { $lt: LATER } };
      await all.updateMany({ ...ended, swept: false }, { $set: { swept: true } });
      await all.deleteMany({ ...ended, swept: true });
    });
  }

  it('stay beside an earlier release that sweeps, before their log is removed and after it', async () => {
    const turn = await one.answered(one.opening({}, { isKept: true }));
    const other = await one.answered(one.opening());
    await earlierSweep();
    expect(await one.record(turn.id)).toMatchObject({ response: 'Hi there' });
    expect(await one.generations.find(one.ownerId, other.id)).toBeNull();
    await one.generations.sweep({ logsBefore: LATER, rowsBefore: LATER });
    await earlierSweep();
    expect(await one.record(turn.id)).toMatchObject({ committed: true });
    await one.conversations.delete(one.ownerId, turn.conversationId, null);
    await earlierSweep();
    expect(await one.generations.find(one.ownerId, turn.id)).toBeNull();
  });

  it.each([
    ['ended', false],
    ['ended and swept', true],
  ])('stay also where an earlier release has %s them', async (_what, swept) => {
    const turn = await one.answered(one.opening({}, { isKept: true }));
    await generations((all) => all.updateOne({ _id: turn.key }, { $set: { swept } }));
    await one.generations.sweep({ logsBefore: LATER, rowsBefore: LATER });
    expect(await one.record(turn.id)).toMatchObject({ committed: true });
  });

  it('are looked at by a sweep once', async () => {
    await one.answered(one.opening({}, { isKept: true }));
    const store = new MongoStore({ kind: 'mongodb', url: behind.wire.url, pool: 5 });
    await store.open();
    const written = async () => {
      behind.wire.commands.length = 0;
      await store.generations.sweep({ logsBefore: LATER, rowsBefore: LATER });
      return behind.wire.commands.filter(({ update }) => update === 'generations').length;
    };
    try {
      expect(await written()).toBeGreaterThan(0);
      expect(await written()).toBe(0);
    } finally {
      await store.close();
    }
  });
});
