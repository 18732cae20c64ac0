import { retry } from '../../common/retry.js';
import { systemCode } from '../../common/errors/system-code.js';
import type { CancelSignal } from '../../domain/cancellation.js';
import type { AppLogger } from '../../observability/app-logger.js';
import { isTransient, ServerFailure, toAppError } from './server-failure.js';
import type { ServerKind } from './server-kind.js';

/** All attempts of a request begin within this time. */
const ATTEMPTS_WITHIN_MS = 8_000;
const FIRST_DELAY_MS = 200;

export interface RequestPolicy {
  server: Pick<ServerKind, 'name' | 'service'>;
  /** Further attempts after one that failed with a transient ServerFailure. */
  retries: number;
  logger: AppLogger;
  signal?: CancelSignal;
}

/**
 * Runs a request to a model server, again while it fails with a transient ServerFailure. Each
 * attempt gets the remaining milliseconds.
 *
 * @throws AppError `model_unavailable` in place of a ServerFailure; any other error as it is, and
 *   the signal's reason.
 */
export async function runRequest<T>(
  attempt: (leftMs: number) => Promise<T>,
  { server, retries, logger, signal }: RequestPolicy,
): Promise<T> {
  let recovered: { retries: number; failure: unknown } | undefined;
  try {
    const result = await retry(onFreshConnection(attempt), {
      retries,
      withinMs: ATTEMPTS_WITHIN_MS,
      firstDelayMs: FIRST_DELAY_MS,
      retryable: isTransient,
      onRetry: (failure, count) => (recovered = { retries: count, failure }),
      signal,
    });
    if (recovered) logRecovery(server.name, recovered, logger);
    return result;
  } catch (error) {
    throw error instanceof ServerFailure ? toAppError(error, server.service) : error;
  }
}

/** The first failure of a request on a stale connection costs no attempt. */
function onFreshConnection<T>(
  attempt: (leftMs: number) => Promise<T>,
): (leftMs: number) => Promise<T> {
  let repeated = false;
  return async (leftMs) => {
    try {
      return await attempt(leftMs);
    } catch (error) {
      if (repeated || !isTransient(error) || !error.staleConnection) throw error;
      repeated = true;
      return attempt(leftMs);
    }
  };
}

function logRecovery(
  serverName: string,
  { retries, failure }: { retries: number; failure: unknown },
  logger: AppLogger,
): void {
  const { cause, message } = failure instanceof Error ? failure : new Error('unknown');
  logger.warn(`${serverName} answered only after a retry`, {
    retries,
    cause: systemCode(cause) ?? message,
  });
}
