import { WINDOW_SECONDS } from '../../src/rate-limit/limiter.js';
import { StoreLimiter } from '../../src/rate-limit/store-limiter.js';
import { MongoStore } from '../../src/store/mongo/mongo-store.js';
import { describeMongo, freshMongo, type TestMongo } from '../support/mongo.js';

const LIMIT = 5;

describeMongo('limits of several nodes on one MongoDB', () => {
  let database: TestMongo;
  let nodes: MongoStore[];
  let limiters: StoreLimiter[];

  beforeEach(async () => {
    database = await freshMongo();
    nodes = [1, 2, 3].map(() => new MongoStore({ kind: 'mongodb', url: database.url, pool: 2 }));
    for (const node of nodes) await node.open();
    limiters = nodes.map(({ requestCounter }) => new StoreLimiter(LIMIT, requestCounter));
  });
  afterEach(async () => {
    for (const node of nodes) await node.close();
    await database.drop();
  });

  /** All at once, from all nodes in turn. */
  const flood = (who: string[]) =>
    Promise.all(who.map((client, index) => limiters[index % limiters.length]!.consume(client)));
  const repeated = (client: string, times: number): string[] =>
    Array.from({ length: times }, () => client);

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

  it('begin anew once the window is over, once for all nodes', async () => {
    await flood(repeated('a', 10));
    await database.on((client) =>
      client
        .db()
        .collection('request_windows')
        .updateMany({}, { $set: { endsAt: 1 } }),
    );
    const counts = await flood(repeated('a', 30));
    expect(counts.filter(({ blocked }) => !blocked)).toHaveLength(LIMIT);
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
});
