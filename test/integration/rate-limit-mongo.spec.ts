import { StoreLimiter } from '../../src/rate-limit/store-limiter.js';
import { MongoStore } from '../../src/store/mongo/mongo-store.js';
import { describeMongo, freshMongo, type TestMongo } from '../support/mongo.js';
import { LIMIT, sharedLimits } from './shared-limits.js';

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

  sharedLimits(
    () => limiters,
    () =>
      database.on((client) =>
        client
          .db()
          .collection('request_windows')
          .updateMany({}, { $set: { endsAt: 1 } }),
      ),
  );
});
