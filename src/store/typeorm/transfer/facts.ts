import type { FactName } from '../../history-transfer.js';
import type { SqlDatabase, SqlSession } from '../database/sql-database.js';

/** What is noted of the store itself, one row a fact. */
export async function readFact(database: SqlDatabase, name: FactName): Promise<string | null> {
  const [row] = await database.read((session) =>
    session.query<{ value: string }>('SELECT value FROM facts WHERE name = $1', [name]),
  );
  return row?.value ?? null;
}

export async function writeFact(
  database: SqlDatabase,
  name: FactName,
  value: string | null,
): Promise<void> {
  if (value === null) {
    await database.transaction((session) => removeFact(session, name));
    return;
  }
  await database.transaction((session) =>
    session.query(
      `INSERT INTO facts (name, value) VALUES ($1, $2)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
      [name, value],
    ),
  );
}

export async function removeFact(session: SqlSession, name: FactName): Promise<void> {
  await session.query('DELETE FROM facts WHERE name = $1', [name]);
}
