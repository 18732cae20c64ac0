import { TypeOrmStore } from '../../src/store/typeorm/typeorm-store.js';
import { Scene } from '../contract/store/scene.js';
import { OwnPostgres } from '../support/own-postgres.js';
import { describePostgres } from '../support/postgres.js';
import { RecordingLogger } from '../support/recording-logger.js';

const UNAVAILABLE = { reason: 'store_unavailable' };

describePostgres('PostgreSQL that does not write', () => {
  let server: OwnPostgres;
  let store: TypeOrmStore;
  let one: Scene;

  beforeAll(async () => {
    server = await OwnPostgres.make();
    await server.start();
  });
  beforeEach(async () => {
    const target = { kind: 'postgres', url: server.url, pool: 3 } as const;
    store = new TypeOrmStore(target, new RecordingLogger());
    await store.open();
    one = new Scene(store);
    await store.ping();
  });
  afterEach(async () => {
    await configure('RESET ALL');
    await store.close();
  });
  afterAll(() => server.remove());

  async function configure(setting: string): Promise<void> {
    await server.query(`ALTER SYSTEM ${setting}`);
    await server.query('SELECT pg_reload_conf()');
  }

  /** The server's processes take a new configuration one after another, each in its own time. */
  async function untilDown(): Promise<void> {
    const isUp = (): Promise<boolean> =>
      store.ping().then(
        () => true,
        () => false,
      );
    while (await isUp());
  }

  const hanging = () =>
    server.query(`SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'`);

  it('is not ready while others have to confirm its commits and are away', async () => {
    const { conversationId } = await one.answered(one.opening());
    await configure(`SET synchronous_standby_names = 'gone'`);
    await untilDown();
    for (let looks = 0; looks < 3; looks += 1)
      await expect(store.ping()).rejects.toMatchObject(UNAVAILABLE);
    // Each try that hangs would keep one of the server's connections.
    expect(await hanging()).toHaveLength(1);
    await one.coordination.heartbeat(one.workerId);
    expect(await one.transcript(conversationId)).toHaveLength(2);

    await configure('RESET synchronous_standby_names');
    while ((await hanging()).length > 0);
    await store.ping();
    await one.answered(one.opening());
  });

  it('is not ready while it only reads, and is ready again by itself', async () => {
    const { conversationId } = await one.answered(one.opening());
    await configure('SET default_transaction_read_only = on');
    await untilDown();
    await expect(store.ping()).rejects.toMatchObject(UNAVAILABLE);
    await expect(one.generations.claim(one.opening())).rejects.toMatchObject(UNAVAILABLE);
    expect(await one.transcript(conversationId)).toHaveLength(2);
    await configure('RESET default_transaction_read_only');
    await store.ping();
    await one.answered(one.opening());
  });

  it('leaves nothing behind that others would see', async () => {
    const before = await server.query('SELECT id, beat FROM workers');
    await store.ping();
    expect(await server.query('SELECT id, beat FROM workers')).toEqual(before);
  });
});
