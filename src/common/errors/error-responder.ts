import type { Response } from 'express';
import type { AppLogger } from '../../observability/app-logger.js';
import type { AppError } from './app-error.js';
import { causeText } from './cause-text.js';
import type { ErrorReason } from './error-codes.js';
import { errorBody } from './error-response.js';

const reasons = new WeakMap<Response, ErrorReason>();

/** The reason of the error that `response` was answered with, if it was. */
export function reasonOf(response: Response): ErrorReason | undefined {
  return reasons.get(response);
}

/** The id that the request goes by in the log; it is on the response from the first middleware on. */
export function requestIdOf(response: Response): string {
  return String(response.getHeader('X-Request-Id') ?? '');
}

/**
 * Answers `response` with `error`. Where the headers have gone already the connection is cut, so
 * that the client can tell a broken answer from a whole one.
 */
export function sendError(response: Response, error: AppError): void {
  reasons.set(response, error.reason);
  if (response.writableEnded || response.destroyed) return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // What a handler had prepared for its own answer does not describe this one.
  for (const name of ['Content-Type', 'Content-Length', 'Content-Encoding', 'ETag']) {
    response.removeHeader(name);
  }
  response.setHeader('Cache-Control', 'no-store');
  if (error.retryAfter !== undefined) {
    response.setHeader('Retry-After', Math.max(1, Math.ceil(error.retryAfter)));
  }
  if (error.reason === 'unauthorized') response.setHeader('WWW-Authenticate', 'Bearer');
  response.status(error.status).json(errorBody(error, requestIdOf(response)));
}

/**
 * Logs what an operator should see of `error`: an unexpected one with its stack, an expected failure
 * with its cause on one line. One without a cause has been logged where it happened, or says all by
 * its reason, which stands in the line of the request.
 */
export function logError(logger: AppLogger, response: Response, error: AppError): void {
  const fields = { request_id: requestIdOf(response), reason: error.reason };
  if (error.code === 'INTERNAL_ERROR' && error.cause !== undefined) {
    logger.error('Request failed unexpectedly', { ...fields, error: error.cause });
  } else if (error.status >= 500) {
    const cause = causeText(error);
    if (cause !== undefined) logger.warn('Request failed', { ...fields, cause });
  }
}
