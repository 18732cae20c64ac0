import { DataSource } from 'typeorm';
import { OWNED } from '../../src/store/typeorm/erasure/owned-rows.js';
import { opened } from '../support/durable-store.js';
import { describePostgres, freshDatabase } from '../support/postgres.js';

/** What goes with conversations and images, by foreign keys, before them (keys), and what is emptied. */
const OTHERS = [
  ...['conversations', 'conversation_tags', 'messages', 'image_pieces'],
  ...['changes', 'unnumbered_changes', 'api_keys'],
];

describePostgres('tables with an owner', () => {
  it('are all in the list of what an erasure removes', async () => {
    const { url, drop } = await freshDatabase();
    const store = await opened({ target: { kind: 'postgres', url, pool: 2 } });
    await store.close();
    const source = await new DataSource({ type: 'postgres', url }).initialize();
    const rows: { name: string }[] = await source.query(
      `SELECT DISTINCT table_name AS name FROM information_schema.columns
       WHERE table_schema = 'public' AND column_name IN ('owner_id', 'owner', 'client')`,
    );
    await source.destroy();
    await drop();
    const erased = [...OTHERS, ...OWNED.map(({ table }) => table)].sort();
    expect(rows.map(({ name }) => name).sort()).toEqual(erased);
  });
});
