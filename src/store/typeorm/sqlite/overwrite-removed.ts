import { AppError } from '../../../common/errors/app-error.js';
import { retry } from '../../../common/retry.js';
import type { Semaphore } from '../../../common/semaphore.js';
import { busyRetries } from './busy-retries.js';
import type { SqliteConnection } from './sqlite-connection.js';
import { isBusy, sqliteError } from './sqlite-errors.js';

/** How long a rewrite of the whole database waits for others. */
const REWRITE_LIMIT_MS = 30_000;
const WAL_IN_USE =
  'Another process reads the SQLite database all the time: its -wal file still has what was removed; ' +
  'try again later';

/**
 * `secure_delete` overwrites what is removed, but copies of it are left where pages were rearranged: the
 * whole database is written anew, and then the `-wal` file emptied.
 *
 * @param mutex - the turn of this process's writers
 */
export async function overwriteRemoved(
  connection: SqliteConnection,
  mutex: Semaphore,
): Promise<void> {
  try {
    await retry(() => mutex.run(() => connection.query('VACUUM')), busyRetries(REWRITE_LIMIT_MS));
    await retry(() => emptyWal(connection), {
      ...busyRetries(REWRITE_LIMIT_MS),
      retryable: (error) => error instanceof WalInUseError || isBusy(error),
    });
  } catch (error) {
    if (!(error instanceof WalInUseError)) throw sqliteError(error);
    throw new AppError('store_unavailable', WAL_IN_USE);
  }
}

/** Not all of it could be written into the database. */
class WalInUseError extends Error {
  override readonly name = 'WalInUseError';
}

async function emptyWal(connection: SqliteConnection): Promise<void> {
  const [result] = await connection.query<{ busy: number }>('PRAGMA wal_checkpoint(TRUNCATE)');
  if (result?.busy !== 0) throw new WalInUseError();
}
