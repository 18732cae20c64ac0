import pg from 'pg';
import { PostgresDatabase } from '../../src/store/typeorm/postgres/postgres-database.js';
import { TypeOrmStore } from '../../src/store/typeorm/typeorm-store.js';
import { batch, completed, Scene, titled } from '../contract/store/scene.js';
import { describePgBouncer, PgBouncer } from '../support/pgbouncer.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { RecordingLogger } from '../support/recording-logger.js';

describePgBouncer('PostgreSQL behind PgBouncer', () => {
  let database: TestDatabase;
  let pooler: PgBouncer | null = null;
  const stores: TypeOrmStore[] = [];
  const logger = new RecordingLogger();
  beforeEach(async () => {
    database = await freshDatabase();
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    await pooler?.close();
    pooler = null;
    await database.drop();
  });

  async function behind(settings: Record<string, string>): Promise<PgBouncer> {
    pooler = await PgBouncer.before(database.url, settings);
    return pooler;
  }

  async function opened(url: string, pool = 4): Promise<TypeOrmStore> {
    const store = new TypeOrmStore({ kind: 'postgres', url, pool }, logger);
    stores.push(store);
    await store.open();
    return store;
  }

  /** Whole turns at once, with everything that is asked meanwhile. */
  async function turns(one: Scene, count: number): Promise<void> {
    await Promise.all(
      Array.from({ length: count }, async () => {
        const turn = await one.begun(one.opening({ system: 's' }), ['a']);
        await one.generations.append(one.workerId, [batch(turn.key, 2, ['b'])]);
        await one.coordination.heartbeat(one.workerId);
        await one.coordination.signals(one.workerId);
        await one.coordination.follow([{ key: turn.key, after: 0 }]);
        expect(await one.finish(turn, completed('abc'), batch(turn.key, 3, ['c']))).toBe('ended');
        expect(await one.transcript(turn.conversationId)).toEqual([
          'system: s (complete)',
          'user: Hello (complete)',
          'assistant: abc (complete)',
        ]);
        expect(
          await one.conversations.update(one.ownerId, turn.conversationId, titled('New'), null),
        ).toEqual({ outcome: 'updated' });
        expect(await one.conversations.delete(one.ownerId, turn.conversationId, null)).toEqual({
          outcome: 'deleted',
        });
      }),
    );
  }

  it.each([
    ['session', {}],
    ['transaction', { pool_mode: 'transaction' }],
    ['transaction', { pool_mode: 'transaction', default_pool_size: '2' }],
  ])('works in %s mode (%j)', async (_mode, settings) => {
    const { url } = await behind(settings);
    const nodes = [await opened(url), await opened(url)];
    for (let round = 0; round < 3; round += 1)
      await Promise.all(nodes.map((node) => turns(new Scene(node), 15)));
  });

  it('leaves nothing set on the connections of others in transaction mode', async () => {
    await database.query(`ALTER DATABASE ${nameOf(database)} SET statement_timeout = '77s'`);
    const { url } = await behind({ pool_mode: 'transaction', default_pool_size: '1' });
    const store = await opened(url);
    const one = new Scene(store);
    const { conversationId } = await one.answered(one.opening());
    await one.conversations.delete(one.ownerId, conversationId, null);

    const other = new pg.Client({ connectionString: url });
    await other.connect();
    const { rows } = await other.query('SHOW statement_timeout');
    await other.end();
    expect(rows).toEqual([{ statement_timeout: '77s' }]);
  });

  it('bounds what it does there all the same', async () => {
    const { url } = await behind({ pool_mode: 'transaction' });
    const pool = new PostgresDatabase(url, 2, logger);
    await pool.open();
    const shown = await pool.transaction((session) => session.query('SHOW statement_timeout'));
    await pool.close();
    expect(shown).toEqual([{ statement_timeout: '10s' }]);
  });

  it('has its limits on direct connections', async () => {
    const direct = new PostgresDatabase(database.url, 2, logger);
    await direct.open();
    for (const name of ['statement_timeout', 'idle_in_transaction_session_timeout'])
      expect(await direct.read((session) => session.query(`SHOW ${name}`))).toEqual([
        { [name]: '10s' },
      ]);
    await direct.close();
  });

  it('says what to do where the URL has parameters that the pooler refuses', async () => {
    const { url } = await behind({});
    const withOptions = new URL(url);
    withOptions.searchParams.set('options', '-c search_path=public');
    await expect(opened(withOptions.href)).rejects.toThrow(
      /^HISTORY_DB_URL: a pooler .* ignore_startup_parameters/,
    );
  });

  it('says what to do where the pooler allows no transactions', async () => {
    const { url } = await behind({ pool_mode: 'statement' });
    await expect(opened(url)).rejects.toThrow(/^HISTORY_DB_URL: a pooler .* pool_mode/);
  });

  it('is unavailable while the pooler has no connection for it', async () => {
    const { url } = await behind({ default_pool_size: '1', query_wait_timeout: '1' });
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    await other.query('SELECT 1');
    await expect(opened(url)).rejects.toMatchObject({ reason: 'store_unavailable' });
    await other.end();
    await (await opened(url)).ping();
  });
});

const nameOf = ({ url }: TestDatabase) => new URL(url).pathname.slice(1);
