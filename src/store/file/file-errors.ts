import { AppError } from '../../common/errors/app-error.js';
import { systemCode } from '../../common/errors/system-code.js';
import { storeFault, storeUnavailable } from '../store-errors.js';
import { StoreStartError } from '../store.js';

/** The `code` of a file system error (`ENOENT`, …), also of one wrapped by `fileError`; empty for none. */
export function fileErrorCode(error: unknown): string {
  return systemCode(error instanceof AppError ? error.cause : error) ?? '';
}

/** What is wrong with one path, whatever becomes of the disk: a folder in a file's place, and the like. */
const OF_ONE_PATH = new Set(['EISDIR', 'ENOTEMPTY', 'ENAMETOOLONG', 'EFBIG']);

/** A failure of the file system as the store's callers know it: one that may pass, or one that will not. */
export function fileError(cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  if (OF_ONE_PATH.has(fileErrorCode(cause))) return storeFault(cause);
  return storeUnavailable(cause);
}

/** What no retry mends: the folder is not ours to write, or no folder. */
const LASTING = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENAMETOOLONG', 'ELOOP']);

/** A failure of the start, as one that ends the process where a retry would not help. */
export function startFailure(error: unknown): unknown {
  if (!LASTING.has(fileErrorCode(error))) return error;
  return new StoreStartError(
    'HISTORY_FILE_PATH: the folder cannot be created or written; check that the path is a folder ' +
      'and that this user may write into it',
    { cause: error },
  );
}
