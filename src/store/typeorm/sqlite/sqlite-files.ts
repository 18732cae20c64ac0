import { dirname } from 'node:path';
import type { AppError } from '../../../common/errors/app-error.js';
import { storeUnavailable } from '../../store-errors.js';
import { makePrivate, makePrivateFile, makePrivateFolder } from '../../../common/private-files.js';
import type { AppLogger } from '../../../observability/app-logger.js';
import { FileIdentity, type PathState } from '../../support/files.js';

/** What SQLite keeps beside a database: committed changes, and an index of them in shared memory. */
export const COMPANIONS = ['-wal', '-shm'] as const;

/**
 * Makes the database's file, and its folder, for this user alone; what SQLite makes beside it gets
 * the same rights. Files that an earlier release left open to all users are closed.
 */
export function preparePrivately(file: string): void {
  makePrivateFolder(dirname(file));
  makePrivateFile(file);
  for (const path of [file, ...COMPANIONS.map((ending) => file + ending)]) makePrivate(path);
}

const GONE =
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
  gone: GONE,
  replaced: REPLACED,
  'wal lost': WAL_LOST,
};

/**
 * Whether an open database is still what its path leads to. A file that was deleted or replaced can
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

  /** To be called once the database is open. */
  begin(): void {
    this.state = 'same';
    this.file.remember();
    this.wal.forget();
  }

  /** Looks whether the database is in its place: some microseconds. */
  look(): void {
    const state = this.file.look();
    // What stands beside it is looked for more rarely.
    this.note(state === 'same' && this.state === 'wal lost' ? 'wal lost' : state);
  }

  /** Looks at what stands beside it, too. */
  lookAround(): void {
    const state = this.file.look();
    // SQLite makes it with the first write, and keeps it for as long as a process has the database open.
    if (!this.wal.isKnown) this.wal.remember();
    const isLost = state === 'same' && this.wal.look() !== 'same';
    this.note(isLost ? 'wal lost' : state);
  }

  /** What the last look found wrong; null where all is well. */
  get trouble(): AppError | null {
    return this.state === 'same' ? null : storeUnavailable(new Error(TROUBLE[this.state]));
  }

  /** Throws `store_unavailable` where the last look found something wrong. */
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
