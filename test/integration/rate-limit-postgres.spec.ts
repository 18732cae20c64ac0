import { jest } from '@jest/globals';
import { StoreLimiter } from '../../src/rate-limit/store-limiter.js';
import { TypeOrmStore } from '../../src/store/typeorm/typeorm-store.js';
import { describePostgres, freshDatabase, type TestDatabase } from '../support/postgres.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { floodOf, LIMIT, sharedLimits } from './shared-limits.js';

const log = new RecordingLogger();

describePostgres('limits of several nodes on one PostgreSQL', () => {
  let database: TestDatabase;
  let nodes: TypeOrmStore[];
  let limiters: StoreLimiter[];

  beforeEach(async () => {
    database = await freshDatabase();
    nodes = [1, 2, 3].map(
      () => new TypeOrmStore({ kind: 'postgres', url: database.url, pool: 2 }, log),
    );
    await Promise.all(nodes.map((node) => node.open()));
    limiters = nodes.flatMap(({ requestCounter }) =>
      requestCounter ? [new StoreLimiter(LIMIT, requestCounter)] : [],
    );
  });
  afterEach(async () => {
    for (const node of nodes) await node.close();
    await database.drop();
  });

  const flood = floodOf(() => limiters);
  const windowsEnd = (when: string) =>
    database.query(`UPDATE request_counts SET ends_at = ${when}`);

  sharedLimits(
    () => limiters,
    () => windowsEnd('now()'),
  );

  it('keep many clients apart that come at once and in any order', async () => {
    const clients = Array.from({ length: 120 }, (_, index) => `client ${(index * 7) % 20}`);
    const counts = await flood([...clients, ...clients.toReversed()]);
    expect(counts.filter(({ blocked }) => !blocked)).toHaveLength(20 * LIMIT);
  });

  it('forget clients whose window is over', async () => {
    await flood(['a', 'b', 'c']);
    await windowsEnd("now() - interval '1 second'");
    const later = jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 61_000);
    try {
      await limiters[0]!.consume('d');
      // The next count of this node comes after its sweep.
      await limiters[0]!.consume('d');
    } finally {
      later.mockRestore();
    }
    expect(await database.query('SELECT client FROM request_counts')).toEqual([{ client: 'd' }]);
  });

  it('fail while the server is away, for the limiter of the process to take over', async () => {
    const proxy = await TcpProxy.before(database.url);
    const node = new TypeOrmStore({ kind: 'postgres', url: proxy.url, pool: 1 }, log);
    await node.open();
    const limiter = new StoreLimiter(LIMIT, node.requestCounter!);
    expect(await limiter.consume('a')).toMatchObject({ consumed: 1 });
    proxy.close();
    await expect(limiter.consume('a')).rejects.toMatchObject({ reason: 'store_unavailable' });
    await proxy.accept();
    expect(await limiter.consume('a')).toMatchObject({ consumed: 2 });
    await node.close();
    proxy.close();
  });
});
