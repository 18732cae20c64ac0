import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { MongoStore } from '../../src/store/mongo/mongo-store.js';
import type { Store } from '../../src/store/store.js';
import { TypeOrmStore } from '../../src/store/typeorm/typeorm-store.js';
import { batch, Scene } from '../contract/store/scene.js';
import { describeMongo, freshMongo } from '../support/mongo.js';
import { MongoWire } from '../support/mongo-wire.js';
import { describePostgres, freshDatabase } from '../support/postgres.js';
import { RecordingLogger } from '../support/recording-logger.js';

/** A store with a way to let every read of a conversation's messages stand still. */
interface Slow {
  store: Store;
  hold(): Promise<void>;
  letGo(): Promise<void>;
  dispose(): Promise<void>;
}

async function slowPostgres(pool: number): Promise<Slow> {
  const database = await freshDatabase();
  const store = new TypeOrmStore(
    { kind: 'postgres', url: database.url, pool },
    new RecordingLogger(),
  );
  await store.open();
  const holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
  return {
    store,
    hold: async () => {
      await holder.query('BEGIN');
      await holder.query('LOCK TABLE messages IN ACCESS EXCLUSIVE MODE');
    },
    letGo: async () => {
      await holder.query('ROLLBACK');
    },
    dispose: async () => {
      await store.close();
      await holder.end();
      await database.drop();
    },
  };
}

async function slowMongo(pool: number): Promise<Slow> {
  const database = await freshMongo();
  const wire = new MongoWire(database.url);
  await wire.up();
  const store = new MongoStore({ kind: 'mongodb', url: wire.url, pool });
  await store.open();
  return {
    store,
    hold: async () => wire.hold((command) => command['find'] === 'conversations'),
    letGo: async () => wire.goOn(),
    dispose: async () => {
      wire.goOn();
      await store.close();
      await wire.down();
      await database.drop();
    },
  };
}

const FLOOD = 40;

function describeSlowReads(make: (pool: number) => Promise<Slow>): void {
  let slow: Slow;
  afterEach(async () => {
    await slow.letGo();
    await slow.dispose();
  });

  /** Reads that hold every connection that they can get; a way to end them. */
  async function flooded(one: Scene): Promise<() => Promise<void>> {
    const { conversationId } = await one.answered(one.opening());
    await slow.hold();
    const reads = Promise.allSettled(
      Array.from({ length: FLOOD }, () => one.conversations.find(one.ownerId, conversationId)),
    );
    return async () => {
      await slow.letGo();
      await reads;
    };
  }

  it.each([1, 2, 10])('keep no worker of %i connections from being alive', async (pool) => {
    slow = await make(pool);
    const one = new Scene(slow.store);
    const end = await flooded(one);
    for (let beat = 1; beat <= 3; beat += 1) {
      await one.coordination.heartbeat(one.workerId);
      expect((await one.coordination.workers()).get(one.workerId)?.beat).toBe(beat);
      expect(await one.coordination.signals(one.workerId)).toEqual([]);
    }
    await end();
  });

  it('keep no claim and no other write waiting', async () => {
    slow = await make(5);
    const one = new Scene(slow.store);
    const turn = await one.claimed(one.opening());
    const end = await flooded(one);
    await one.claimed(one.opening());
    const busy = one.opening({}, { conversationId: turn.conversationId });
    expect(await one.generations.claim(busy)).toMatchObject({ outcome: 'conversation_busy' });
    expect(await one.generations.append(one.workerId, [batch(turn.key, 1, ['a'])])).toEqual([]);
    await end();
  });

  it('are refused when their turn does not come, and served again afterwards', async () => {
    slow = await make(2);
    const one = new Scene(slow.store);
    const { conversationId } = await one.answered(one.opening());
    await slow.hold();
    const reading = () => one.conversations.find(one.ownerId, conversationId);
    const first = Promise.allSettled([reading()]);
    for (const late of await Promise.allSettled([reading(), reading()]))
      expect(late).toMatchObject({ reason: { reason: 'store_unavailable', status: 503 } });
    await slow.letGo();
    await first;
    expect(await one.transcript(conversationId)).toHaveLength(2);
    expect(await one.count(`owner-${randomUUID()}`)).toBe(0);
  });
}

describePostgres('slow reads of PostgreSQL', () => describeSlowReads(slowPostgres));
describeMongo('slow reads of MongoDB', () => describeSlowReads(slowMongo));
