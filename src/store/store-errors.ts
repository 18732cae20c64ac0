import { AppError } from '../common/errors/app-error.js';

/** The store cannot be used now; a retry may succeed. The cause is for the log only. */
export function storeUnavailable(cause?: unknown): AppError {
  return new AppError('store_unavailable', 'The conversation store is not available', { cause });
}

/** A write failed repeatedly because of concurrent writes of the same generation. */
export function storeContended(): AppError {
  return new AppError(
    'store_unavailable',
    'Too many concurrent requests for the same generation; try again',
  );
}

/** A permanent failure: the store refuses the write. The cause is for the log only. */
export function storeFault(cause: unknown): AppError {
  return new AppError('internal', 'Internal server error', { cause });
}

/** A task waited too long for others. */
export function storeBusy(): AppError {
  return storeUnavailable(new Error('Too many other tasks were running'));
}
