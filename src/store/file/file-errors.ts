import { AppError } from '../../common/errors/app-error.js';
import { systemCode } from '../../common/errors/system-code.js';
import { storeFault, storeUnavailable } from '../store-errors.js';
import { StoreStartError } from '../store.js';

/** The `code` of a file system error (`ENOENT`, …), also of one wrapped by `fileError`; empty for none. */
export function fileErrorCode(error: unknown): string {
  return systemCode(error instanceof AppError ? error.cause : error) ?? '';
}

/** Errors of one path, not of the disk: a folder in place of a file, for example. */
const PATH_CODES = new Set(['EISDIR', 'ENOTEMPTY', 'ENAMETOOLONG', 'EFBIG']);

/** Converts a failure of the file system for the store's callers: temporary or permanent. */
export function fileError(cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  if (PATH_CODES.has(fileErrorCode(cause))) return storeFault(cause);
  return storeUnavailable(cause);
}

/** Permanent errors: the folder is not writable, or is not a folder. */
const PERMANENT_CODES = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOTDIR',
  'EEXIST',
  'ENAMETOOLONG',
  'ELOOP',
]);

/** Converts a failure of the start: one that retries do not help ends the process. */
export function startFailure(error: unknown): unknown {
  if (!PERMANENT_CODES.has(fileErrorCode(error))) return error;
  return new StoreStartError(
    'HISTORY_FILE_PATH: the folder cannot be created or written; check that the path is a folder ' +
      'and that this user may write into it',
    { cause: error },
  );
}
