import { TypeOrmStore } from '../../src/store/typeorm/typeorm-store.js';
import { createDatabase } from '../../src/store/typeorm/database/create-database.js';
import type { SqlWork } from '../../src/store/typeorm/database/sql-database.js';
import { Scene } from '../contract/store/scene.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { ForwardingDatabase } from './forwarding-database.js';
import { SQL_KINDS } from './typeorm-databases.js';

/** Remembers whether its writes had to be durable. */
class DurabilityDatabase extends ForwardingDatabase {
  durable: boolean[] = [];

  override chained = <T>(work: SqlWork<T>, durable: boolean) => {
    this.durable.push(durable);
    return this.inner.chained(work, durable);
  };
}

for (const kind of SQL_KINDS)
  kind.describe(`a claim on ${kind.name}`, () => {
    // What a power failure leaves cannot be tried here; `synchronous` of both ways is in typeorm-sqlite-failures.
    it.each([
      ['continue', true],
      ['cancel', false],
    ] as const)('of a turn with on_disconnect %s is durable: %s', async (onDisconnect, durable) => {
      const empty = await kind.make();
      const logger = new RecordingLogger();
      const database = new DurabilityDatabase(createDatabase(empty.target, logger));
      const store = new TypeOrmStore(empty.target, logger, database);
      await store.open();
      const scene = new Scene(store);
      database.durable = [];
      const claim = await scene.generations.claim(scene.opening({}, { onDisconnect }));
      expect(claim.outcome).toBe('claimed');
      expect(database.durable).toEqual([durable]);
      await store.close();
      await empty.dispose();
    });
  });
