import { AppError } from '../../../common/errors/app-error.js';
import { StoreStartError } from '../../store.js';
import { faultOf, databaseFault, databaseUnavailable } from '../database/driver-errors.js';

/**
 * Codes, with their extended forms, that mean that the file cannot be used now: full, locked,
 * removed.
 */
const UNUSABLE =
  /^(SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|NOMEM|PROTOCOL|PERM|AUTH|NOLFS)|E[A-Z]+$)/;

/** `npm ci` goes on where it cannot be compiled: only this storage needs it. */
const MISSING_MODULE =
  'HISTORY_STORAGE_TYPE: database on SQLite needs the package better-sqlite3, which is not ' +
  'installed, or not for this version of Node. Install a C++ compiler, make and Python 3 and run ' +
  '`npm ci --foreground-scripts`, which shows why it fails; or name a PostgreSQL or MongoDB ' +
  'database in HISTORY_DB_URL';

/** Another process is writing: a temporary failure. */
export function isBusy(error: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(faultOf(error).code);
}

/** The file is not what SQLite wrote. */
export function isDamage(error: unknown): boolean {
  return /^SQLITE_CORRUPT/.test(faultOf(error).code);
}

/** Converts a failure of an open database for the store's callers. */
export function sqliteError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const fault = faultOf(error);
  const closed = /connection is not open|DataSource is not|not yet established/.test(fault.message);
  return UNUSABLE.test(fault.code) || closed ? databaseUnavailable(fault) : databaseFault(error);
}

/** Why a database could not be opened, with what to do about it; busy ones may be tried again. */
export function sqliteStartError(error: unknown): Error {
  if (error instanceof AppError || error instanceof StoreStartError) return error;
  if (isBusy(error)) return sqliteError(error);
  if (lacksModule(error)) return new StoreStartError(MISSING_MODULE, { cause: error });
  const { code } = faultOf(error);
  return new StoreStartError(`HISTORY_DB_URL: ${remedy(code)}`, {
    cause: sqliteError(error).cause,
  });
}

/** The package is not there, was never compiled, or was compiled for another Node. */
function lacksModule(error: unknown): boolean {
  const { code, message } = faultOf(error);
  const unbuilt = message.startsWith('Could not locate the bindings file');
  return unbuilt || code === 'ERR_DLOPEN_FAILED' || code === 'MODULE_NOT_FOUND';
}

function remedy(code: string): string {
  if (/^SQLITE_NOTADB/.test(code)) return 'its file is not a SQLite database; name another file';
  if (/^SQLITE_CORRUPT/.test(code))
    return 'its SQLite database is damaged; restore it from a backup or name another file';
  if (/^SQLITE_(FULL|IOERR)/.test(code) || code === 'ENOSPC')
    return 'its SQLite database cannot be written; free disk space and check that the disk works';
  if (/^(SQLITE_(CANTOPEN|READONLY|PERM|AUTH)|E[A-Z]+$)/.test(code))
    return 'its SQLite file cannot be opened for writing; check the path and its permissions';
  return `its SQLite database cannot be migrated to this version (${code})`;
}
