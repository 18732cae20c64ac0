import { AppError } from '../../../../common/errors/app-error.js';
import { TransientFailure } from './transient-failure.js';

/** Failures of the network that may pass: nobody listens, the line broke, the name is unknown yet. */
const TRANSIENT_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  // undici's: the other side closed the connection; it did not accept one in time.
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
]);
/** How a kept connection fails that the other side had closed before. */
const STALE_CODES = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

const TRANSIENT_STATUSES = new Set([429, 502, 503]);

export function unreachable(cause: unknown): AppError {
  return new AppError('model_unavailable', 'Ollama service unavailable', { cause });
}

/** `what` is for the log: what was wrong, without any of the text that came. */
export function nonsense(what: string, cause?: unknown): AppError {
  return new AppError('model_unavailable', 'Ollama service gave an answer that cannot be used', {
    cause: new Error(what, { cause }),
  });
}

export function brokenOff(cause: unknown): AppError {
  return new AppError('model_unavailable', 'Ollama service broke off the answer', { cause });
}

export function silent(): AppError {
  return new AppError('model_silent', 'The model was silent for too long');
}

/** The model is not there; only the configured default model may be named. */
export function modelNotFound(isDefaultModel: boolean, defaultModel: string): AppError {
  return new AppError(
    'model_not_found',
    isDefaultModel
      ? `The default model is not installed; run: ollama pull ${defaultModel}`
      : 'Model not found; GET /api/models lists the models there are',
  );
}

/** A request that failed below HTTP before its answer began. */
export function networkFailure(error: Error, unseen: boolean): Error {
  const code = errorCode(error);
  if (code === undefined || !TRANSIENT_CODES.has(code)) {
    return nonsense('The connection failed', error);
  }
  const stale = unseen && STALE_CODES.has(code);
  return new TransientFailure('The connection failed', stale, error);
}

/** A status other than 200, with the `error` text of its JSON body where it has one. */
export function statusFailure(
  status: number,
  errorText: string | null,
  notFound: () => AppError,
): Error {
  // Bounded, for the log only; Ollama's own errors name models and sizes, not prompts.
  const cause = new Error(`Ollama answered ${status}: ${errorText?.slice(0, 200) ?? 'no reason'}`);
  if (TRANSIENT_STATUSES.has(status)) return new TransientFailure(cause.message);
  if (status === 404 && errorText !== null) return notFound();
  if (status === 400 && errorText?.includes('does not support')) return unsuitableModel(cause);
  if (status >= 500) return unreachable(cause);
  return nonsense('Unexpected status', cause);
}

/** Such as an embedding model that is asked to chat. */
function unsuitableModel(cause: Error): AppError {
  return new AppError('validation', 'This model cannot be used for chat', {
    details: [{ field: 'model', message: 'model must be able to chat' }],
    cause,
  });
}

/** The `error` text of a JSON object, else null. */
export function errorTextOf(body: string): string | null {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== 'object' || value === null || !('error' in value)) return null;
    return typeof value.error === 'string' ? value.error : null;
  } catch {
    return null;
  }
}

/** `code` of a network error of Node's. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
