import { MongoStore } from '../../src/store/mongo/mongo-store.js';
import type { QuotaGateDocument } from '../../src/store/mongo/documents/usage-documents.js';
import { describeMongo } from '../support/mongo.js';
import { mongoBehindWire, type MongoBehindWire } from './mongo-behind-wire.js';
import { Scene, T0 } from './store/scene.js';
import { TODAY } from './store/usage.js';

/** More commands than a claim sends. */
const ENOUGH = 40;
/** Of a quota that one answer uses up. */
const TOKENS = {
  keyName: 'key',
  promptTokens: 3,
  maxTokens: 7,
  quotas: { day: 10, month: null },
} as const;

describeMongo('a claim with a quota on MongoDB', () => {
  let behind: MongoBehindWire;
  let slow: MongoStore;
  beforeEach(async () => {
    behind = await mongoBehindWire();
    slow = new MongoStore({ kind: 'mongodb', url: behind.wire.url, pool: 5 });
    await slow.open();
  });
  afterEach(async () => {
    behind.wire.goOn();
    await slow.close();
    await behind.close();
  });

  const claiming = (one: Scene) => one.opening({}, { tokens: TOKENS });
  const runningOf = async (one: Scene): Promise<number> => {
    const subject = { ownerId: one.ownerId, keyName: 'key' };
    return (await one.store.usage.taken(subject, TODAY)).running;
  };
  /** As after a minute in which nothing was heard of the claims in it. */
  const expire = (one: Scene) =>
    behind.database.on((client) =>
      client
        .db()
        .collection<QuotaGateDocument>('quota_gates')
        .updateMany({ ownerId: one.ownerId }, { $set: { entering: [] }, $inc: { version: 1 } }),
    );

  it.each([
    ['counts as if it ran', false],
    ['for so long that others were let in passes it together with none of them', true],
  ])('that stands still %s', async (_what, isLong) => {
    const { wire, store } = behind;
    for (let after = 0; after < ENOUGH; after += 1) {
      const one = new Scene(store);
      const stuck = wire.failAfter(after, 'late');
      const claim = slow.generations.claim(claiming(one));
      await Promise.race([stuck, claim]);
      const stood = wire.hasFailed;
      if (isLong) await expire(one);
      const other = await one.generations.claim(claiming(one));
      wire.goOn();
      const outcomes = [(await claim).outcome, other.outcome];
      expect(outcomes.filter((outcome) => outcome === 'claimed')).toHaveLength(1);
      expect(await runningOf(one)).toBe(10);
      if (!stood) return;
    }
    throw new Error('A claim does not send so many commands');
  });

  it('whose process dies in it holds the quota as its generation does, or for a minute', async () => {
    const { wire, store } = behind;
    for (const fault of ['command lost', 'answer lost'] as const)
      for (let after = 0; after < ENOUGH; after += 1) {
        const one = new Scene(store);
        wire.goOn();
        const victim = new MongoStore({ kind: 'mongodb', url: wire.url, pool: 5 });
        await victim.open();
        void wire.failAfter(after, fault);
        await victim.generations.claim(claiming(one)).catch(() => null);
        const dead = wire.hasFailed;
        await victim.close();
        await one.reap(0, T0 + 5000);
        await expire(one);
        expect(await runningOf(one)).toBe(0);
        expect(await one.generations.claim(claiming(one))).toMatchObject({ outcome: 'claimed' });
        if (!dead) break;
      }
  }, 120_000);
});
