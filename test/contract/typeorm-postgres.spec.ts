import { TypeOrmStore } from '../../src/store/typeorm/typeorm-store.js';
import { describePostgres, freshDatabase } from '../support/postgres.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { describeStore } from './store-contract.js';

async function postgresStore() {
  const database = await freshDatabase();
  const opened: TypeOrmStore[] = [];
  const open = async () => {
    const target = { kind: 'postgres', url: database.url, pool: 5 } as const;
    const store = new TypeOrmStore(target, new RecordingLogger());
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

describePostgres('with a PostgreSQL server', () => {
  describeStore('TypeORM on PostgreSQL', postgresStore, { durable: true, shared: true });
});
