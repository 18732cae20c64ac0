import pg from 'pg';
import type { SqlWork } from '../../src/store/typeorm/database/sql-database.js';
import { PostgresDatabase } from '../../src/store/typeorm/postgres/postgres-database.js';
import { TypeOrmStore } from '../../src/store/typeorm/typeorm-store.js';
import { completed, Scene } from '../contract/store/scene.js';
import { describePostgres, freshDatabase, type TestDatabase } from '../support/postgres.js';
import { RecordingLogger } from '../support/recording-logger.js';

describePostgres('writes on PostgreSQL that come at the same time', () => {
  let beside: TestDatabase;
  let database: PostgresDatabase;
  let store: TypeOrmStore;
  let one: Scene;
  beforeAll(async () => {
    beside = await freshDatabase();
    const logger = new RecordingLogger();
    database = new PostgresDatabase(beside.url, 4, logger);
    store = new TypeOrmStore({ kind: 'postgres', url: beside.url, pool: 4 }, logger, database);
    await store.open();
  });
  beforeEach(() => {
    one = new Scene(store);
  });
  afterAll(async () => {
    await store.close();
    await beside.drop();
  });

  /** The transactions that wrote these generations last. */
  async function transactionsOf(keys: readonly string[]): Promise<number> {
    const rows = await beside.query('SELECT DISTINCT xmin FROM generations WHERE key = ANY($1)', [
      keys,
    ]);
    return rows.length;
  }

  const claimed = (count: number) =>
    Promise.all(Array.from({ length: count }, () => one.claimed(one.opening())));

  const write = (work: SqlWork<unknown>) => database.chained(work);

  const statusOf = async (key: string) => {
    const [row] = await beside.query<{ status: string }>(
      'SELECT status FROM generations WHERE key = $1',
      [key],
    );
    return row?.status;
  };

  it('are one transaction, as many as one may have', async () => {
    const turns = await claimed(20);
    const keys = turns.map(({ key }) => key);
    expect(await transactionsOf(keys)).toBe(1);
    const ended = await Promise.all(turns.map((turn) => one.finish(turn, completed('x'))));
    expect(ended).toEqual(Array(20).fill('ended'));
    expect(await transactionsOf(keys)).toBe(1);
    for (const { conversationId } of turns)
      expect(await one.transcript(conversationId)).toEqual([
        'user: Hello (complete)',
        'assistant: x (complete)',
      ]);

    const more = await claimed(40);
    expect(await transactionsOf(more.map(({ key }) => key))).toBe(2);
  });

  it('succeed beside one that is refused, and one that hides it', async () => {
    const [first, second, ...rest] = await claimed(6);
    if (!first || !second) throw new Error('Not claimed');
    const refused = write((session) => session.query('SELECT 1 / 0'));
    const hidden = write((session) => session.query('SELECT 1 / 0').catch(() => 'hidden'));
    const ended = [first, second].map((turn) => one.finish(turn, completed('x')));
    const [refusal, ...others] = await Promise.allSettled([refused, hidden, ...ended]);
    expect(refusal).toMatchObject({ status: 'rejected', reason: { code: 'INTERNAL_ERROR' } });
    expect(others).toMatchObject(
      ['hidden', 'ended', 'ended'].map((value) => ({ status: 'fulfilled', value })),
    );
    expect(await statusOf(first.key)).toBe('completed');

    const more = rest.map((turn) => one.finish(turn, completed('x')));
    const alsoHidden = write((session) => session.query('SELECT 1 / 0').catch(() => 'hidden'));
    expect(await alsoHidden).toBe('hidden');
    expect(await Promise.all(more)).toEqual(Array(4).fill('ended'));
    for (const { key } of rest) expect(await statusOf(key)).toBe('completed');
  });

  it('do not wait for one that waits for a lock', async () => {
    const [held, ...others] = await claimed(4);
    if (!held) throw new Error('Not claimed');
    const holder = new pg.Client({ connectionString: beside.url });
    await holder.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT 1 FROM generations WHERE key = $1 FOR UPDATE', [held.key]);
      const late = one.finish(held, completed('x'));
      const ended = await Promise.all(others.map((turn) => one.finish(turn, completed('x'))));
      expect(ended).toEqual(['ended', 'ended', 'ended']);
      expect(await one.claimed(one.opening())).toBeDefined();
      expect(await statusOf(held.key)).toBe('queued');
      await holder.query('ROLLBACK');
      expect(await late).toBe('ended');
    } finally {
      await holder.end();
    }
  });

  it('are run again where their connection was lost before they were committed', async () => {
    const turns = await claimed(3);
    let ends = true;
    const ending = write(async (session) => {
      const kill = 'SELECT pg_terminate_backend(pg_backend_pid())';
      if (ends) await session.query(kill).finally(() => (ends = false));
    });
    const ended = turns.map((turn) => one.finish(turn, completed('x')));
    await ending;
    expect(await Promise.all(ended)).toEqual(['ended', 'ended', 'ended']);
    for (const { conversationId } of turns)
      expect(await one.transcript(conversationId)).toHaveLength(2);
  });

  it('fail together, once, where nothing says whether they were committed', async () => {
    await beside.query(`
      CREATE FUNCTION end_session() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM 1; RETURN NULL; END'`);
    await beside.query('CREATE TABLE last_writes (id integer)');
    await beside.query(`
      CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON last_writes DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION end_session()`);
    let runs = 0;
    const last = write((session) => {
      runs += 1;
      return session.query('INSERT INTO last_writes VALUES (1)');
    });
    const other = write((session) => session.query('SELECT 1'));
    expect(await Promise.allSettled([last, other])).toEqual(
      Array(2).fill({
        status: 'rejected',
        reason: expect.objectContaining({ reason: 'store_unavailable' }),
      }),
    );
    expect(runs).toBe(1);
    expect(await beside.query('SELECT 1 FROM last_writes')).toEqual([]);
    expect(await one.claimed(one.opening())).toBeDefined();
  });
});
