import { MongoStore } from '../../src/store/mongo/mongo-store.js';
import { describeMongo, freshMongo } from '../support/mongo.js';
import { describeStore } from './store-contract.js';

async function mongoStore() {
  const database = await freshMongo();
  const opened: MongoStore[] = [];
  const open = async () => {
    const store = new MongoStore({ kind: 'mongodb', url: database.url, pool: 50 });
    await store.open();
    opened.push(store);
    return store;
  };
  return {
    store: await open(),
    open,
    dispose: async () => {
      for (const store of opened) await store.close();
      await database.drop();
    },
  };
}

describeMongo('with a MongoDB server', () => {
  describeStore('MongoDB', mongoStore, { durable: true, shared: true });
});
