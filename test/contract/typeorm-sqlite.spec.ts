import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TypeOrmStore } from '../../src/store/typeorm/typeorm-store.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { describeSqlite } from '../support/sqlite.js';
import { describeStore } from './store-contract.js';

async function sqliteStore() {
  const folder = await mkdtemp(join(tmpdir(), 'chat-sqlite-'));
  const opened: TypeOrmStore[] = [];
  const open = async () => {
    const file = join(folder, 'data', 'chat.sqlite');
    const store = new TypeOrmStore({ kind: 'sqlite', file }, new RecordingLogger());
    await store.open();
    opened.push(store);
    return store;
  };
  return {
    store: await open(),
    open,
    dispose: async () => {
      for (const store of opened) await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

describeSqlite('SQLite', () => {
  describeStore('TypeORM on SQLite', sqliteStore, { durable: true, shared: true });
});
