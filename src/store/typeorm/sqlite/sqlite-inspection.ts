import { randomInt } from 'node:crypto';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { AppLogger } from '../../../observability/app-logger.js';
import { StoreStartError } from '../../store.js';
import type { SqlSession } from '../database/sql-database.js';
import { openAlone, openToRead, type SqliteHandle } from './sqlite-driver.js';
import { isBusy, isDamage } from './sqlite-errors.js';

/** Up to here a database is always checked: a quarter of a second. */
const CHECKED_BYTES = 100 * 1024 * 1024;
/** Up to here one is checked that no process has closed: five seconds. */
const CHECKED_BYTES_AFTER_CRASH = 2 * 1024 * 1024 * 1024;

/** Offset of `user_version`, our stamp, in the header of the file. */
const STAMP_OFFSET = 60;
const LARGEST_STAMP = 2 ** 31 - 1;
/** Writing a stamp needs two writes to disk. */
const STAMPING_MS = 1000;
/** Of a `-wal` file: its own header, and that of each page in it. */
const WAL_HEADER = 32;
const FRAME_HEADER = 24;

/**
 * Checks a database before it is opened for writing, so that a damaged one is not changed. A killed
 * process leaves the `-wal` file, and SQLite applies it to any database beside it: it would corrupt
 * a backup that was copied over the database without removing the `-wal` file.
 *
 * @throws {@link StoreStartError} with what to do
 */
export async function inspect(file: string, logger: AppLogger): Promise<void> {
  const size = sizeOf(file) ?? 0;
  const left = sizeOf(`${file}-wal`);
  if (size === 0) return;
  if (left) await assertOneStamp(file);
  if (size + (left ?? 0) <= (left ? CHECKED_BYTES_AFTER_CRASH : CHECKED_BYTES))
    assertWhole(file, left !== null);
  else if (left) logger.warn('The SQLite database was not closed; it is too large to be checked');
}

/**
 * Whether no process has the database open: the last one that closes it removes the files beside
 * it.
 */
export function isUnopened(file: string): boolean {
  return sizeOf(`${file}-wal`) === null;
}

/** The same for certain: a process that was killed leaves these files, too. */
export function isOpenElsewhere(file: string): boolean {
  if (isUnopened(file)) return false;
  try {
    openAlone(file).close();
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw error;
  }
}

/**
 * Workers of a database that no process has open: they are dead, on whatever host SQLite was told of
 * (containers with one volume do not see each other's processes). None if one has it open.
 */
export function workersLeft(file: string): string[] {
  if (isUnopened(file)) return [];
  try {
    return workersAlone(file);
  } catch (error) {
    if (isBusy(error)) return [];
    throw error;
  }
}

function workersAlone(file: string): string[] {
  const database = openAlone(file);
  try {
    const read = (sql: string): unknown[] => database.prepare(sql).pluck().all();
    const tables = read(
      `SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('workers', 'generations')`,
    );
    if (tables.length < 2) return [];
    const workers = read(
      `SELECT id FROM workers
       UNION SELECT worker_id FROM generations
       WHERE conversation_lock IS NOT NULL AND finished_at IS NULL`,
    );
    return workers.filter((id) => typeof id === 'string');
  } finally {
    database.close();
  }
}

/**
 * Gives a database that no other process has a stamp of its own: it is stored in the file itself
 * and in its `-wal` file, which is started again. If they differ later, the two files do not belong
 * together.
 */
export async function stamp(session: SqlSession): Promise<void> {
  const set = `PRAGMA user_version = ${randomInt(1, LARGEST_STAMP)}`;
  await session.query(set);
  await session.query('PRAGMA wal_checkpoint(TRUNCATE)');
  await session.query(set);
}

/** Checks twice: another process that is starting may be writing the stamp. */
async function assertOneStamp(file: string): Promise<void> {
  if (haveOneStamp(file)) return;
  await delay(STAMPING_MS);
  if (!haveOneStamp(file)) throw new StoreStartError(`HISTORY_DB_URL: ${MIXED}`);
}

function haveOneStamp(file: string): boolean {
  const left = sizeOf(`${file}-wal`) ?? 0;
  // Before SQLite has the file: closing it a second time would release SQLite's locks.
  const written = stampIn(file);
  const database = openToRead(file);
  try {
    const pageSize = Number(database.pragma('page_size', { simple: true }));
    // A stamp that has just been given is in the `-wal` file before it is in the other.
    if (left <= WAL_HEADER + FRAME_HEADER + pageSize) return true;
    return database.pragma('user_version', { simple: true }) === written;
  } finally {
    database.close();
  }
}

function assertWhole(file: string, wasNotClosed: boolean): void {
  const database = openToRead(file);
  try {
    if (!isWhole(database))
      throw new StoreStartError(`HISTORY_DB_URL: ${wasNotClosed ? MIXED : DAMAGED}`);
  } finally {
    database.close();
  }
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
  'its SQLite database and the files beside it that end in -wal and -shm do not belong together ' +
  '(perhaps only the database was restored from a backup), or it is damaged; remove these two to ' +
  'start from the copied database, or restore the database to which they belong';

const DAMAGED = 'its SQLite database is damaged; restore it from a backup or name another file';
