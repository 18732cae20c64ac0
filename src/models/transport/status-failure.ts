import type { AppError } from '../../common/errors/app-error.js';
import { isRecord, parseRecord } from './json.js';
import { invalid } from '../model-errors.js';
import { quoted, ServerFailure } from './server-failure.js';
import type { ServerKind } from './server-kind.js';

/** A response; the body as far as it was read. */
export interface HttpResponse {
  status: number;
  /** As far as it was read. */
  body: string;
}

const TRANSIENT_STATUSES = new Set([429, 502, 503]);
const CREDENTIALS_STATUSES = new Set([401, 403, 407]);

/**
 * Converts a refused request to an error. Only errors that the client can correct are 400 or 404;
 * all others are failures of the model server.
 *
 * @param model the model that the request named; undefined where it named none
 */
export function statusFailure(
  { status, body }: HttpResponse,
  server: ServerKind,
  model: string | undefined,
): AppError | ServerFailure {
  const json = parseRecord(body);
  const words = errorWords(json);
  const cause = new Error(`${server.name} answered ${status}: ${quoted(words)}`);
  if (TRANSIENT_STATUSES.has(status)) return new ServerFailure('transient', cause.message);
  if (CREDENTIALS_STATUSES.has(status)) return wrongCredentials(status, server);
  if (status === 404 && words !== null && model !== undefined) return server.modelNotFound(model);
  const clientError = server.clientError(status, words ?? '', cause);
  if (clientError) return clientError;
  if (server.requestStatuses.includes(status) && json) return notAccepted(cause);
  if (status >= 500) return new ServerFailure('unavailable', cause.message);
  if (status >= 300 && status < 400) return redirected(status, server);
  return new ServerFailure('unusable', 'Unexpected status', { cause });
}

function notAccepted(cause: Error): AppError {
  return invalid({ field: 'body', message: 'was refused by the model server' }, cause);
}

function wrongCredentials(status: number, { name, variables }: ServerKind): ServerFailure {
  return new ServerFailure(
    'unavailable',
    `${name} answered ${status}: credentials are missing or wrong; they are set by ${variables.credentials}`,
  );
}

function redirected(status: number, { name, variables }: ServerKind): ServerFailure {
  return new ServerFailure(
    'unusable',
    `${name} answered ${status}: redirects are not followed; ${variables.address} must be its own address`,
  );
}

/** The `error` of the server, or of a proxy in front of it; null where there is none. */
export function errorWords(json: Record<string, unknown> | null): string | null {
  // Some servers send the error itself.
  const error = json?.object === 'error' ? json : json?.error;
  if (typeof error === 'string') return error;
  if (!isRecord(error) || typeof error.message !== 'string') return null;
  const kinds = [error.type, error.code].filter((kind) => typeof kind === 'string');
  return kinds.length === 0 ? error.message : `${error.message} (${kinds.join(', ')})`;
}
