import type { StorageTarget } from '../../../config/settings.js';
import type { AppLogger } from '../../../observability/app-logger.js';
import { PostgresDatabase } from '../postgres/postgres-database.js';
import { SqliteDatabase } from '../sqlite/sqlite-database.js';
import type { SqlDatabase } from './sql-database.js';

/** The targets that the SQL store serves. */
export type SqlTarget = Extract<StorageTarget, { kind: 'sqlite' | 'postgres' }>;

/** The database of a target, not yet open. */
export function createDatabase(target: SqlTarget, logger: AppLogger): SqlDatabase {
  return target.kind === 'sqlite'
    ? new SqliteDatabase(target.file, logger)
    : new PostgresDatabase(target.url, target.pool, logger);
}
