import { TypeOrmStore } from '../../src/store/typeorm/typeorm-store.js';
import type { WorkerState } from '../../src/store/worker-coordination.js';
import { describePgBouncer, PgBouncer } from '../support/pgbouncer.js';
import { describePostgres, freshDatabase, type TestDatabase } from '../support/postgres.js';
import { RecordingLogger } from '../support/recording-logger.js';

/** What the server says of locks that mark sessions in the database that is asked. */
const LOCKS = `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

describePostgres('sessions of workers on PostgreSQL', () => {
  let database: TestDatabase;
  const stores: TypeOrmStore[] = [];
  beforeEach(async () => {
    database = await freshDatabase();
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    await database.drop();
  });

  async function opened(url = database.url): Promise<TypeOrmStore> {
    const store = new TypeOrmStore({ kind: 'postgres', url, pool: 3 }, new RecordingLogger());
    stores.push(store);
    await store.open();
    return store;
  }

  const stateOf = async (store: TypeOrmStore, id: string): Promise<WorkerState | undefined> =>
    (await store.coordination.workers()).get(id);

  /** As the server notices it, which takes a moment. */
  async function closed(store: TypeOrmStore, id: string): Promise<void> {
    while ((await stateOf(store, id))?.session !== 'closed');
  }

  it('are seen by others as long as they last, whoever has how many', async () => {
    const [one, other, watch] = [await opened(), await opened(), await opened()];
    await one.coordination.heartbeat('one');
    await one.coordination.heartbeat('one');
    await other.coordination.heartbeat('other');
    expect(await watch.coordination.workers()).toEqual(
      new Map([
        ['one', { beat: 2, session: 'open' }],
        ['other', { beat: 1, session: 'open' }],
      ]),
    );
    // One lock each, however often they beat.
    expect(await database.query(LOCKS)).toHaveLength(2);

    await one.close();
    await closed(watch, 'one');
    expect(await stateOf(watch, 'one')).toEqual({ beat: 2, session: 'closed' });
    expect(await stateOf(watch, 'other')).toMatchObject({ session: 'open' });
  });

  it('are marked anew with the next heartbeat after a lost connection', async () => {
    const [one, watch] = [await opened(), await opened()];
    await one.coordination.heartbeat('one');
    await database.query(`SELECT pg_terminate_backend(pid) FROM (${LOCKS}) AS locks`);
    await closed(watch, 'one');
    await one.coordination.heartbeat('one');
    expect(await stateOf(watch, 'one')).toEqual({ beat: 2, session: 'open' });
  });

  it('of an earlier release say nothing, and its counter is read by both', async () => {
    const [one, watch] = [await opened(), await opened()];
    const earlier = `INSERT INTO workers (id, beat) VALUES ('earlier', 1)
      ON CONFLICT (id) DO UPDATE SET beat = workers.beat + 1`;
    await database.query(earlier);
    await database.query(earlier);
    await one.coordination.heartbeat('one');
    expect(await stateOf(watch, 'earlier')).toEqual({ beat: 2, session: 'unknown' });
    const read = 'SELECT id, beat FROM workers ORDER BY id';
    expect(await database.query(read)).toEqual([
      { id: 'earlier', beat: 2 },
      { id: 'one', beat: 1 },
    ]);
  });
});

describePgBouncer('sessions of workers behind PgBouncer', () => {
  it.each(['session', 'transaction'])(
    'say nothing in %s mode, and nothing is locked',
    async (mode) => {
      const database = await freshDatabase();
      const pooler = await PgBouncer.before(database.url, { pool_mode: mode });
      const target = { kind: 'postgres', url: pooler.url, pool: 3 } as const;
      const store = new TypeOrmStore(target, new RecordingLogger());
      await store.open();
      await store.coordination.heartbeat('pooled');
      expect((await store.coordination.workers()).get('pooled')).toEqual({
        beat: 1,
        session: 'unknown',
      });
      expect(await database.query(LOCKS)).toEqual([]);
      await store.close();
      await pooler.close();
      await database.drop();
    },
  );
});
