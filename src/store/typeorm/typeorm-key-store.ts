import { randomUUID } from 'node:crypto';
import type { ApiKeyChange, ApiKeyRecord } from '../../domain/api-key.js';
import { KeyStore } from '../key-store.js';
import { holdersOf } from '../rules/key-journal.js';
import type { SqlDatabase, SqlSession, SqlValue, SqlWork } from './database/sql-database.js';
import { changedColumns, toKey, type KeyRow } from './key-rows.js';

const FREE_NAME = `
  UPDATE api_keys SET live_name = NULL WHERE live_name = $1 AND expires_at <= $2
`;
const REVOKE = `
  UPDATE api_keys SET revoked_at = COALESCE(revoked_at, $2), live_name = NULL WHERE id = $1 RETURNING *
`;
const USED = `
  UPDATE api_keys SET last_used_at = $2
  WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2) RETURNING id
`;
/** Of all keys together: one row is read where nothing has changed. */
const VERSION = `SELECT value FROM facts WHERE name = 'keys'`;
const NEW_VERSION = `
  INSERT INTO facts (name, value) VALUES ('keys', $1)
  ON CONFLICT (name) DO UPDATE SET value = excluded.value
`;

/** Keys in a table. Each change and the new version are one transaction. */
export class TypeOrmKeyStore extends KeyStore {
  constructor(private readonly database: SqlDatabase) {
    super();
  }

  async version(): Promise<string | null> {
    const [row] = await this.database.coordinate(
      (session) => session.query<{ value: string }>(VERSION),
      false,
    );
    return row?.value ?? null;
  }

  async all(): Promise<ApiKeyRecord[]> {
    const rows = await this.database.lookUp((session) =>
      session.query<KeyRow>('SELECT * FROM api_keys ORDER BY created_at, id'),
    );
    return rows.map(toKey);
  }

  add(key: ApiKeyRecord): Promise<boolean> {
    const name = key.name.toLowerCase();
    return this.changing(async (session) => {
      await session.query(FREE_NAME, [name, key.createdAt]);
      return insertKey(session, key, name);
    });
  }

  update(id: string, change: ApiKeyChange): Promise<ApiKeyRecord | null> {
    return this.changing(async (session) => toRecord(await setColumns(session, id, change)));
  }

  revoke(id: string, now: number): Promise<ApiKeyRecord | null> {
    return this.changing(async (session) =>
      toRecord(await session.query<KeyRow>(REVOKE, [id, now])),
    );
  }

  async used(times: ReadonlyMap<string, number>): Promise<void> {
    for (const [id, time] of times)
      await this.database.write((session) => session.query(USED, [id, time]));
  }

  removeOf(ownerId: string): Promise<number> {
    return this.database.transaction(async (session) => {
      const sql = 'DELETE FROM api_keys WHERE owner_id = $1 RETURNING id';
      const { length } = await session.query(sql, [ownerId]);
      // A store that never had a key is not taken for one that had.
      if (length > 0) await newVersion(session);
      return length;
    });
  }

  async replaceAll(keys: readonly ApiKeyRecord[]): Promise<void> {
    await this.database.transaction((session) => replaceKeys(session, keys));
  }

  private changing<T>(work: SqlWork<T>): Promise<T> {
    return this.database.transaction(async (session) => {
      const result = await work(session);
      await newVersion(session);
      return result;
    });
  }
}

async function newVersion(session: SqlSession): Promise<void> {
  await session.query(NEW_VERSION, [randomUUID()]);
}

export async function replaceKeys(
  session: SqlSession,
  keys: readonly ApiKeyRecord[],
): Promise<void> {
  await session.query('DELETE FROM api_keys');
  const holders = holdersOf(keys);
  for (const key of keys)
    await insertKey(session, key, holders.has(key.id) ? key.name.toLowerCase() : null);
  await newVersion(session);
}

/**
 * @param liveName null if it has no name any more
 * @returns false if another key has that name
 */
async function insertKey(
  session: SqlSession,
  key: ApiKeyRecord,
  liveName: string | null,
): Promise<boolean> {
  const columns: [column: string, value: SqlValue][] = [
    ['id', key.id],
    ['digest', key.digest],
    ['name', key.name],
    ['live_name', liveName],
    ['hint', key.hint],
    ['created_at', key.createdAt],
    ['last_used_at', key.lastUsedAt],
    ['revoked_at', key.revokedAt],
    ...changedColumns(key),
  ];
  const names = columns.map(([name]) => name).join(', ');
  const places = columns.map((_, index) => `$${index + 1}`).join(', ');
  const added = await session.query(
    `INSERT INTO api_keys (${names}) VALUES (${places})
     ON CONFLICT (live_name) DO NOTHING RETURNING id`,
    columns.map(([, value]) => value),
  );
  return added.length > 0;
}

/** Sets what a change gives of a live key; its row, if there is one. */
function setColumns(session: SqlSession, id: string, change: ApiKeyChange): Promise<KeyRow[]> {
  const columns = changedColumns(change);
  const set = columns.map(([column], index) => `${column} = $${String(index + 2)}`);
  return session.query<KeyRow>(
    `UPDATE api_keys SET ${['live_name = live_name', ...set].join(', ')}
     WHERE id = $1 AND live_name IS NOT NULL RETURNING *`,
    [id, ...columns.map(([, value]) => value)],
  );
}

function toRecord([row]: KeyRow[]): ApiKeyRecord | null {
  return row ? toKey(row) : null;
}
