import { AppError } from '../common/errors/app-error.js';

/** The store cannot be used now; a retry may succeed. The cause is for the log only. */
export function storeUnavailable(cause?: unknown): AppError {
  return new AppError('store_unavailable', 'The conversation store is not available', { cause });
}

/** A write lost against others of the same generation again and again. */
export function storeContended(): AppError {
  return new AppError('store_unavailable', 'Too many requests for the same; try again');
}

/** A failure that no retry mends: what the store refuses for what it is. The cause is for the log only. */
export function storeFault(cause: unknown): AppError {
  return new AppError('internal', 'Internal server error', { cause });
}
