import type { Response } from 'express';
import type { AppLogger } from '../../observability/app-logger.js';
import type { AppError } from './app-error.js';
import { etagOf } from '../http/conversation.dto.js';
import { causeText } from './cause-text.js';
import { challengeOf } from './challenge.js';
import type { ErrorReason } from './error-codes.js';
import { pathOf } from '../http/path.middleware.js';
import { errorFormAt } from './error-form.js';
import { errorBody } from './error-response.js';

const reasons = new WeakMap<Response, ErrorReason>();

/** The reason of the error that the client of `response` was told, if it was. */
export function reasonOf(response: Response): ErrorReason | undefined {
  return reasons.get(response);
}

/** The client was told of this error at the end of a stream. */
export function noteReason(response: Response, reason: ErrorReason): void {
  reasons.set(response, reason);
}

/** The request's id in the log; the first middleware sets it on the response. */
export function requestIdOf(response: Response): string {
  return String(response.getHeader('X-Request-Id') ?? '');
}

/**
 * Answers `response` with `error`. If the headers were already sent, the connection is closed, so
 * that the client can detect the incomplete response.
 */
export function sendError(response: Response, error: AppError): void {
  reasons.set(response, error.reason);
  if (response.writableEnded || response.destroyed) return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // Headers that a handler has set for its own response do not apply to this one.
  for (const name of ['Content-Type', 'Content-Length', 'Content-Encoding', 'ETag']) {
    response.removeHeader(name);
  }
  response.setHeader('Cache-Control', 'no-store');
  if (error.retryAfter !== undefined) {
    response.setHeader('Retry-After', Math.max(1, Math.ceil(error.retryAfter)));
  }
  if (error.conversation) response.setHeader('ETag', etagOf(error.conversation));
  const challenge = challengeOf(error);
  if (challenge !== null) response.setHeader('WWW-Authenticate', challenge);
  const form = errorFormAt(pathOf(response.req).replace(/\/{2,}/g, '/'));
  const isReplayed = error.isRecorded && response.req.headers['idempotency-key'] !== undefined;
  for (const [name, value] of Object.entries(form?.headers?.(error, isReplayed) ?? {}))
    response.setHeader(name, value);
  const requestId = requestIdOf(response);
  response
    .status(error.status)
    .json(form ? form.body(error, requestId) : errorBody(error, requestId));
}

/**
 * Logs what an operator should see of `error`: an unexpected one with its stack, an expected
 * failure with its cause on one line. A failure without a cause has already been logged, or its
 * reason, which is in the request's log line, is sufficient.
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
