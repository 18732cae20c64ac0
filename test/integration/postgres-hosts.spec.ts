import { TypeOrmStore } from '../../src/store/typeorm/typeorm-store.js';
import { Scene } from '../contract/store/scene.js';
import { OwnPostgres } from '../support/own-postgres.js';
import { describePostgres } from '../support/postgres.js';
import { RecordingLogger } from '../support/recording-logger.js';

const UNAVAILABLE = { reason: 'store_unavailable' };
/** Where nobody listens. */
const NOBODY = '127.0.0.1:1';

describePostgres('PostgreSQL by the forms of its URL', () => {
  let primary: OwnPostgres;
  let standby: OwnPostgres;
  const stores: TypeOrmStore[] = [];

  beforeAll(async () => {
    primary = await OwnPostgres.make();
    standby = await primary.standby();
    await primary.start();
    await standby.start();
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
  });
  afterAll(async () => {
    await primary.remove();
    await standby.remove();
  });

  async function opened(url: string): Promise<TypeOrmStore> {
    const store = new TypeOrmStore({ kind: 'postgres', url, pool: 3 }, new RecordingLogger());
    stores.push(store);
    await store.open();
    return store;
  }

  const at = ({ port }: OwnPostgres) => `127.0.0.1:${port}`;

  it.each([
    [
      'a socket in a parameter',
      () => `postgres@/postgres?host=${primary.socketFolder}&port=${primary.port}`,
    ],
    [
      'an encoded socket',
      () => `postgres@${encodeURIComponent(primary.socketFolder)}:${primary.port}/postgres`,
    ],
    ['hosts of which the first is away', () => `postgres@${NOBODY},${at(primary)}/postgres`],
    [
      'hosts of which the first only reads',
      () => `postgres@${at(standby)},${at(primary)}/postgres?target_session_attrs=read-write`,
    ],
    [
      'a socket and TLS where it can be had',
      () => `postgres@/postgres?host=${primary.socketFolder}&port=${primary.port}&sslmode=prefer`,
    ],
  ])('is reached by %s', async (_what, url) => {
    const one = new Scene(await opened(`postgresql://${url()}`));
    const { conversationId } = await one.answered(one.opening());
    expect(await one.transcript(conversationId)).toHaveLength(2);
  });

  it('is unavailable where no host writes', async () => {
    await expect(
      opened(`postgresql://postgres@${NOBODY},${at(standby)}/postgres`),
    ).rejects.toMatchObject(UNAVAILABLE);
    await expect(opened(standby.url)).rejects.toMatchObject(UNAVAILABLE);
  });

  it('is followed to the host that takes over, and back', async () => {
    await primary.stop();
    const other = await primary.standby();
    try {
      await primary.start();
      await other.start();
      const one = new Scene(
        await opened(`postgresql://postgres@${at(primary)},${at(other)}/postgres`),
      );
      await one.answered(one.opening());

      await primary.stop();
      await expect(one.coordination.heartbeat(one.workerId)).rejects.toMatchObject(UNAVAILABLE);
      await other.query('SELECT pg_promote()');
      await one.coordination.heartbeat(one.workerId);
      const { conversationId } = await one.answered(one.opening());
      expect(await one.transcript(conversationId)).toHaveLength(2);

      await other.stop();
      await primary.start();
      await one.coordination.heartbeat(one.workerId);
    } finally {
      await other.remove();
    }
  });
});
