import { AppError } from './app-error.js';

/** For requests with a key that was revoked, and for those that were being answered when it was. */
export function keyRevoked(): AppError {
  return new AppError('key_revoked', 'This API key was revoked');
}
