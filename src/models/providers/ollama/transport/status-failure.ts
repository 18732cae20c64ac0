import type { AppError } from '../../../../common/errors/app-error.js';
import { isRecord } from './chat-line.js';
import { forLog } from './for-log.js';
import {
  contextExceeded,
  invalid,
  invalidName,
  modelNotForChat,
  nonsense,
  unreachable,
} from './ollama-errors.js';
import { TransientFailure } from './transient-failure.js';

/** An answer with a status other than 200. */
export interface RefusedAnswer {
  status: number;
  /** As far as it was read. */
  body: string;
}

const TRANSIENT_STATUSES = new Set([429, 502, 503]);
const CREDENTIALS_STATUSES = new Set([401, 403, 407]);
/** The request itself was not taken. */
const REQUEST_STATUSES = new Set([413, 422]);

/** What Ollama says of these it says with 500 as well. */
const NAME = /invalid model (name|path)|unqualified name|model is required|:local or :cloud/i;
const SCHEMA = /invalid json schema in format/i;

/** Ollama's words for what a client can mend, and what becomes of them. */
const MENDABLE: readonly [words: RegExp, failure: (cause: Error) => AppError][] = [
  [/(does not support|not supported).*\b(chat|completion|generate)\b/i, modelNotForChat],
  [/does not support|(is|are) not( currently)? supported/i, unsupported],
  [/invalid think value/i, (cause) => invalid({ field: 'think', message: 'is not valid' }, cause)],
  [/illegal base64/i, (cause) => invalid({ field: 'images', message: 'must be base64' }, cause)],
  [SCHEMA, unusableSchema],
  [NAME, invalidName],
  [/exceeds? the (available )?context|context length exceeded/i, contextExceeded],
];

/**
 * What a refused request becomes. Only what the client can mend is a 400 or 404; all else is a
 * failure of the model server.
 *
 * @param notFound the error for a model that is not there; null where the request named none
 */
export function statusFailure(
  { status, body }: RefusedAnswer,
  notFound: (() => AppError) | null,
): AppError | TransientFailure {
  const json = parseRecord(body);
  const words = errorWords(json);
  const cause = new Error(`Ollama answered ${status}: ${forLog(words)}`);
  if (TRANSIENT_STATUSES.has(status)) return new TransientFailure(cause.message);
  if (CREDENTIALS_STATUSES.has(status)) return wrongCredentials(status);
  if (status === 404 && words !== null && notFound) return notFound();
  const mistake = clientsMistake(status, words ?? '');
  if (mistake) return mistake(cause);
  if (REQUEST_STATUSES.has(status) && json) return notTaken(cause);
  if (status >= 500) return unreachable(cause);
  if (status >= 300 && status < 400) return redirected(status);
  return nonsense('Unexpected status', cause);
}

function clientsMistake(status: number, words: string): ((cause: Error) => AppError) | undefined {
  const [pattern, failure] = MENDABLE.find(([pattern]) => pattern.test(words)) ?? [];
  const toldAs500 = status === 500 && (pattern === NAME || pattern === SCHEMA);
  return status === 400 || toldAs500 ? failure : undefined;
}

function unsupported(cause: Error): AppError {
  const message = 'does not support what the request asks for';
  return invalid({ field: 'model', message }, cause);
}

function unusableSchema(cause: Error): AppError {
  return invalid(
    { field: 'format', message: 'must be a JSON Schema that the model server can use' },
    cause,
  );
}

function notTaken(cause: Error): AppError {
  return invalid({ field: 'body', message: 'was not taken by the model server' }, cause);
}

function wrongCredentials(status: number): AppError {
  return unreachable(
    new Error(
      `Ollama answered ${status}: credentials are missing or wrong; they are set by OLLAMA_API_KEY, ` +
        'OLLAMA_HEADERS or in OLLAMA_BASE_URL',
    ),
  );
}

function redirected(status: number): AppError {
  return nonsense(
    `Ollama answered ${status}: redirects are not followed; OLLAMA_BASE_URL must be its own address`,
  );
}

/** The `error` of Ollama's answers, or of those of a server in front of it; null where there is none. */
function errorWords(json: Record<string, unknown> | null): string | null {
  const error = json?.error;
  if (typeof error === 'string') return error;
  return isRecord(error) && typeof error.message === 'string' ? error.message : null;
}

function parseRecord(body: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}
