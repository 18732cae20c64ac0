import { PostgresDatabase } from '../../src/store/typeorm/postgres/postgres-database.js';
import { TypeOrmStore } from '../../src/store/typeorm/typeorm-store.js';
import { completed, Scene } from '../contract/store/scene.js';
import { describePostgres, freshDatabase, type TestDatabase } from '../support/postgres.js';
import { RecordingLogger } from '../support/recording-logger.js';

/** Each is two writes: its claim and its end. */
const TURNS = 120;

/** Says when a connection that it was asked for is closed again. */
class WatchedDatabase extends PostgresDatabase {
  private resolve: (() => void) | null = null;
  readonly collected = new Promise<void>((resolve) => (this.resolve = resolve));

  override connectionBeside() {
    const pool = super.connectionBeside();
    const close = pool.close.bind(pool);
    pool.close = async () => {
      const { isOpen } = pool;
      await close();
      if (isOpen) this.resolve?.();
    };
    return pool;
  }
}

describePostgres('statistics of a new PostgreSQL database', () => {
  let beside: TestDatabase;
  let database: WatchedDatabase;
  let store: TypeOrmStore;
  beforeEach(async () => {
    beside = await freshDatabase();
    const logger = new RecordingLogger();
    database = new WatchedDatabase(beside.url, 4, logger);
    store = new TypeOrmStore({ kind: 'postgres', url: beside.url, pool: 4 }, logger, database);
    await store.open();
    // The server must not do it meanwhile.
    await beside.query('ALTER TABLE generations SET (autovacuum_enabled = off)');
  });
  afterEach(async () => {
    await store.close();
    await beside.drop();
  });

  const answered = async (turns: number) => {
    const one = new Scene(store);
    const claims = Array.from({ length: turns }, () => one.claimed(one.opening()));
    for (const turn of await Promise.all(claims)) await one.finish(turn, completed('x'));
  };

  /** How many owners the server believes that there are; null: it has no statistics. */
  const owners = async () => {
    const [row] = await beside.query<{ n_distinct: number }>(
      `SELECT n_distinct FROM pg_stats WHERE tablename = 'generations' AND attname = 'owner_id'`,
    );
    return row?.n_distinct ?? null;
  };

  it('are collected after its first turns', async () => {
    await answered(TURNS / 4);
    expect(await owners()).toBeNull();
    await answered((TURNS / 4) * 3);
    await database.collected;
    expect(await owners()).toBe(2);
  });

  it('are left to the server where it has some', async () => {
    await answered(2);
    await beside.query('ANALYZE generations');
    const before = await owners();
    expect(before).not.toBeNull();
    await answered(TURNS);
    await database.collected;
    expect(await owners()).toBe(before);
  });
});
