import { createDatabase } from '../../src/store/typeorm/database/create-database.js';
import type { SqlDatabase, SqlSession } from '../../src/store/typeorm/database/sql-database.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { SQL_KINDS, type EmptyDatabase } from './typeorm-databases.js';

for (const kind of SQL_KINDS)
  kind.describe(`a snapshot of ${kind.name}`, () => {
    let empty: EmptyDatabase;
    let database: SqlDatabase;
    beforeEach(async () => {
      empty = await kind.make();
      database = createDatabase(empty.target, new RecordingLogger());
      await database.open();
    });
    afterEach(async () => {
      await database.close();
      await empty.dispose();
    });

    /** On a connection of its own, committed when it resolves. */
    const addFact = (name: string) =>
      empty.query(`INSERT INTO facts (name, value) VALUES ('${name}', 'true')`);
    const changeFact = (name: string) =>
      empty.query(`UPDATE facts SET value = 'false' WHERE name = '${name}'`);
    const addWorker = (id: string) =>
      empty.query(`INSERT INTO workers (id, beat) VALUES ('${id}', 1)`);
    const seenBy = async (session: Pick<SqlSession, 'query'>) => ({
      facts: await session.query(
        "SELECT name, value FROM facts WHERE name LIKE 'test-%' ORDER BY name",
      ),
      workers: await session.query("SELECT id FROM workers WHERE id LIKE 'test-%' ORDER BY id"),
    });

    it('sees in every statement the moment of the first, whatever another connection writes', async () => {
      await addFact('test-before');
      const first = { facts: [{ name: 'test-before', value: 'true' }], workers: [] };
      await database.snapshot(async (session) => {
        expect(await seenBy(session)).toEqual(first);
        await addFact('test-meanwhile');
        await changeFact('test-before');
        // A table that no statement has read yet is of the same moment.
        await addWorker('test-meanwhile');
        expect(await seenBy(session)).toEqual(first);
        await addFact('test-later');
        expect(await seenBy(session)).toEqual(first);
      });
      const now = await database.read(seenBy);
      expect(now).toEqual({
        facts: [
          { name: 'test-before', value: 'false' },
          { name: 'test-later', value: 'true' },
          { name: 'test-meanwhile', value: 'true' },
        ],
        workers: [{ id: 'test-meanwhile' }],
      });
    });
  });
