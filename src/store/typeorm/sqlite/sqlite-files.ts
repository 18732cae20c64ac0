import { dirname } from 'node:path';
import type { AppError } from '../../../common/errors/app-error.js';
import { storeUnavailable } from '../../store-errors.js';
import { makePrivate, makePrivateFile, makePrivateFolder } from '../../../common/private-files.js';
import type { AppLogger } from '../../../observability/app-logger.js';
import { FileIdentity, type PathState } from '../../support/files.js';

/** SQLite's files beside a database: committed changes, and an index of them in shared memory. */
export const COMPANIONS = ['-wal', '-shm'] as const;

/**
 * Creates the database's file and its folder, only for this user; SQLite's files beside it get the
 * same permissions. Files of an earlier release that all users could read are made private.
 */
export function preparePrivately(file: string): void {
  makePrivateFolder(dirname(file));
  makePrivateFile(file);
  for (const path of [file, ...COMPANIONS.map((ending) => file + ending)]) makePrivate(path);
}

const MOVED =
  'The SQLite database was moved away or deleted while the service runs: nothing is written any ' +
  'more. Put it back where it was, with the files that end in -wal and -shm, or stop the service';
const REPLACED =
  'Another file has taken the place of the SQLite database, or another program has emptied it, ' +
  'while the service runs: nothing is written any more. Put the former one back, or restart the ' +
  'service to go on with this one';
const WAL_LOST =
  'The file beside the SQLite database that ends in -wal was removed while the service runs: ' +
  'nothing is written any more. Restart the service; what it holds is saved when it stops';

type LocationState = PathState | 'wal lost';

const TROUBLE: Record<Exclude<LocationState, 'same'>, string> = {
  missing: MOVED,
  replaced: REPLACED,
  'wal lost': WAL_LOST,
};

/**
 * Whether the path of an open database still leads to it. A file that was deleted or replaced can
 * be written as before, and all of it is lost when it is closed.
 */
export class SqliteLocation {
  private state: LocationState = 'same';
  private readonly file: FileIdentity;
  private readonly wal: FileIdentity;

  constructor(
    path: string,
    private readonly logger: AppLogger,
  ) {
    this.file = new FileIdentity(path, false);
    // SQLite empties it itself.
    this.wal = new FileIdentity(`${path}-wal`);
  }

  /** Call it after the database was opened. */
  begin(): void {
    this.state = 'same';
    this.file.remember();
    this.wal.forget();
  }

  /** Checks whether the database is in its place; takes some microseconds. */
  look(): void {
    const state = this.file.look();
    // The files beside it are checked less often.
    this.note(state === 'same' && this.state === 'wal lost' ? 'wal lost' : state);
  }

  /** Checks the files beside it, too. */
  lookAround(): void {
    const state = this.file.look();
    // SQLite makes it with the first write, and keeps it for as long as a process has the database open.
    if (!this.wal.isKnown) this.wal.remember();
    const isLost = state === 'same' && this.wal.look() !== 'same';
    this.note(isLost ? 'wal lost' : state);
  }

  /** The problem that the last check found, or null. */
  get trouble(): AppError | null {
    return this.state === 'same' ? null : storeUnavailable(new Error(TROUBLE[this.state]));
  }

  /** Throws `store_unavailable` if the last check found a problem. */
  assertSame(): void {
    const { trouble } = this;
    if (trouble) throw trouble;
  }

  private note(state: LocationState): void {
    if (state === this.state) return;
    this.state = state;
    if (state === 'same') this.logger.info('The SQLite database is back in its place');
    else this.logger.error(TROUBLE[state]);
  }
}
