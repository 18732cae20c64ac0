import { randomInt } from 'node:crypto';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { Logger } from '../../../observability/logger.js';
import { StoreStartError } from '../../store.js';
import type { SqlSession } from './sql-database.js';
import { openToRead, type SqliteHandle } from './sqlite-driver.js';
import { isDamage } from './sqlite-errors.js';

/** Up to here a database is always checked: a quarter of a second. */
const CHECKED_BYTES = 100 * 1024 * 1024;
/** Up to here one is checked that no process has closed: five seconds. */
const CHECKED_BYTES_IF_LEFT = 2 * 1024 * 1024 * 1024;

/** Where the header of the file has `user_version`, which is our stamp. */
const STAMP_OFFSET = 60;
const LARGEST_STAMP = 2 ** 31 - 1;
/** Of a `-wal` file: its own header, and that of each page in it. */
const WAL_HEADER = 32;
const FRAME_HEADER = 24;

/**
 * Looks at a database before it is opened for writing, so that nothing is changed if it is not whole.
 * A process that was killed leaves the `-wal` file, and SQLite applies it to whatever lies beside it:
 * a backup that was copied over the database alone would be mixed with what it replaced.
 *
 * @returns whether it was closed by whoever had it last, so that no other process has it now
 * @throws {@link StoreStartError} with what to do
 */
export function inspect(file: string, logger: Logger): boolean {
  const size = sizeOf(file) ?? 0;
  const left = sizeOf(`${file}-wal`);
  const isLarge = size + (left ?? 0) > (left ? CHECKED_BYTES_IF_LEFT : CHECKED_BYTES);
  if (size === 0 || (isLarge && !left)) return left === null;
  const database = openToRead(file);
  try {
    if (left) assertOneStamp(database, file, left);
    if (isLarge) logger.warn('The SQLite database was not closed; it is too large to be checked');
    else assertWhole(database, left !== null);
  } finally {
    database.close();
  }
  return left === null;
}

/**
 * Gives a database that no other process has a stamp of its own: it stands in the file itself and
 * in its `-wal` file, which starts anew. Where they differ later, these two are not of one database.
 */
export async function stamp(session: SqlSession): Promise<void> {
  const set = `PRAGMA user_version = ${randomInt(1, LARGEST_STAMP)}`;
  await session.query(set);
  await session.query('PRAGMA wal_checkpoint(TRUNCATE)');
  await session.query(set);
}

function assertOneStamp(database: SqliteHandle, file: string, left: number): void {
  const pageSize = Number(database.pragma('page_size', { simple: true }));
  // A stamp that has just been given is in the `-wal` file before it is in the other.
  if (left <= WAL_HEADER + FRAME_HEADER + pageSize) return;
  if (database.pragma('user_version', { simple: true }) === stampIn(file)) return;
  throw new StoreStartError(`HISTORY_DB_URL: ${MIXED}`);
}

function assertWhole(database: SqliteHandle, wasLeft: boolean): void {
  if (isWhole(database)) return;
  throw new StoreStartError(`HISTORY_DB_URL: ${wasLeft ? MIXED : DAMAGED}`);
}

function isWhole(database: SqliteHandle): boolean {
  try {
    return database.pragma('quick_check(1)', { simple: true }) === 'ok';
  } catch (error) {
    if (isDamage(error)) return false;
    throw error;
  }
}

function stampIn(file: string): number {
  const bytes = Buffer.alloc(4);
  const handle = openSync(file, 'r');
  try {
    readSync(handle, bytes, 0, bytes.length, STAMP_OFFSET);
  } finally {
    closeSync(handle);
  }
  return bytes.readInt32BE(0);
}

function sizeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}

const MIXED =
  'its SQLite database and the files beside it that end in -wal and -shm do not belong together, ' +
  'as when a backup was copied over the database alone, or it is damaged; remove these two to ' +
  'start from what was copied, or put back what they belong to';

const DAMAGED = 'its SQLite database is damaged; restore it from a backup or name another file';
