import type Sqlite from 'better-sqlite3';
import { sqliteDriver } from '../../src/store/typeorm/sqlite/sqlite-driver.js';
import { missing } from './kept-server.js';

type Constructor = typeof Sqlite;

/**
 * SQLite's native module, which an installation may lack: it is optional. Null where it cannot be
 * loaded; with `REQUIRE_DATABASES=1` that is a failure.
 */
const sqlite: Constructor | null = load();

/** `describe` for what needs SQLite; reported as skipped where there is none. */
export const describeSqlite = sqlite === null ? describe.skip : describe;

/** Opens a file past the store. */
export function openSqlite(file: string, options?: Sqlite.Options): Sqlite.Database {
  if (sqlite === null) throw new Error('SQLite is not installed');
  return new sqlite(file, options);
}

function load(): Constructor | null {
  try {
    return sqliteDriver() as Constructor;
  } catch {
    return missing('SQLite', { error: 'better-sqlite3 is not installed, or not for this Node' });
  }
}
