import { jest } from '@jest/globals';
import { WINDOW_SECONDS } from '../../src/rate-limit/limiter.js';
import { StoreLimiter } from '../../src/rate-limit/store-limiter.js';
import { TypeOrmStore } from '../../src/store/typeorm/typeorm-store.js';
import { describePostgres, freshDatabase, type TestDatabase } from '../support/postgres.js';
import { PostgresProxy } from '../support/postgres-proxy.js';
import { RecordingLogger } from '../support/recording-logger.js';

const LIMIT = 5;
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

  /** All at once, from all nodes in turn. */
  const flood = (clients: string[]) =>
    Promise.all(clients.map((client, index) => limiters[index % limiters.length]!.consume(client)));
  const repeated = (client: string, times: number): string[] =>
    Array.from({ length: times }, () => client);
  const windowsEnd = (when: string) =>
    database.query(`UPDATE request_counts SET ends_at = ${when}`);

  it('let exactly the limit of a flood through, and number its requests one by one', async () => {
    const counts = await flood(repeated('a', 90));
    expect(counts.filter(({ blocked }) => !blocked)).toHaveLength(LIMIT);
    expect(counts.map(({ consumed }) => consumed).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 90 }, (_, index) => index + 1),
    );
    for (const { msLeft } of counts) {
      expect(msLeft).toBeGreaterThan(0);
      expect(msLeft).toBeLessThanOrEqual(WINDOW_SECONDS * 1000);
    }
  });

  it('keep many clients apart that come at once and in any order', async () => {
    const clients = Array.from({ length: 120 }, (_, index) => `client ${(index * 7) % 20}`);
    const counts = await flood([...clients, ...clients.toReversed()]);
    expect(counts.filter(({ blocked }) => !blocked)).toHaveLength(20 * LIMIT);
  });

  it('begin anew once the window is over, once for all nodes', async () => {
    await flood(repeated('a', 10));
    await windowsEnd('now()');
    const counts = await flood(repeated('a', 30));
    expect(counts.filter(({ blocked }) => !blocked)).toHaveLength(LIMIT);
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

  it('go by the clock of the server, whatever that of a node says', async () => {
    const here = Date.now;
    const [first, second] = limiters;
    try {
      Date.now = () => here() + 300_000;
      const early = await first!.consume('a');
      Date.now = () => here() - 300_000;
      const late = await second!.consume('a');
      expect([early.consumed, late.consumed]).toEqual([1, 2]);
      for (const { msLeft } of [early, late]) expect(Math.ceil(msLeft / 1000)).toBe(WINDOW_SECONDS);
    } finally {
      Date.now = here;
    }
  });

  it('fail while the server is away, for the limiter of the process to take over', async () => {
    const proxy = new PostgresProxy(new URL(database.url));
    await proxy.up();
    const node = new TypeOrmStore({ kind: 'postgres', url: proxy.url, pool: 1 }, log);
    await node.open();
    const limiter = new StoreLimiter(LIMIT, node.requestCounter!);
    expect(await limiter.consume('a')).toMatchObject({ consumed: 1 });
    await proxy.down();
    await expect(limiter.consume('a')).rejects.toMatchObject({ reason: 'store_unavailable' });
    await proxy.up();
    expect(await limiter.consume('a')).toMatchObject({ consumed: 2 });
    await node.close();
    await proxy.down();
  });
});
