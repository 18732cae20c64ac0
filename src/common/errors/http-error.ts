import { HttpException } from '@nestjs/common';
import { AppError, toAppError } from './app-error.js';

/**
 * Any error as an AppError. Errors of the frameworks keep their status but not their message, which
 * may contain the client's data; unexpected errors become `internal`.
 */
export function fromHttpError(error: unknown): AppError {
  if (error instanceof HttpException) return fromStatus(error.getStatus(), error);
  return toAppError(error);
}

function fromStatus(status: number, cause: unknown): AppError {
  switch (status) {
    case 401:
      return new AppError('unauthorized', 'Send an API key', { cause });
    case 404:
      return routeNotFound();
    case 405:
      return methodNotAllowed();
    case 413:
      return new AppError('body_too_large', 'The body is too large', { cause });
    case 429:
      return new AppError('requests_limit', 'Too many requests', { cause });
    default:
      return status >= 400 && status < 500
        ? new AppError('validation', 'The request is malformed', { cause })
        : new AppError('internal', 'Internal server error', { cause });
  }
}

/** For an unknown path. */
export function routeNotFound(): AppError {
  return new AppError('route_not_found', 'There is no such route: check the method and the path');
}

/** For a known path; the `Allow` header names its methods. */
export function methodNotAllowed(): AppError {
  return new AppError(
    'method_not_allowed',
    'This route has no such method: see the Allow header for those it has',
  );
}
