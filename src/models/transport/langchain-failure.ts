import { AppError } from '../../common/errors/app-error.js';
import { systemCode } from '../../common/errors/system-code.js';
import { networkFailure } from './network-failure.js';
import { ServerFailure } from './server-failure.js';
import type { ServerKind } from './server-kind.js';
import { statusFailure } from './status-failure.js';

const MOST_CAUSES = 5;
/** The form of network error codes of Node and undici; vendors' own codes are in lower case. */
const NETWORK_CODE = /^[A-Z][A-Z0-9_]+$/;
/** Names of the property with the HTTP status in errors of model clients. */
const STATUS_FIELDS = ['status', 'status_code', 'statusCode'];

/**
 * Converts an error of a LangChain chat model. Unknown errors lose their message: it may quote the
 * answer, which must not reach a log.
 *
 * @param begun whether a token had been pushed
 */
export function langChainFailure(
  error: unknown,
  begun: boolean,
  { server, model }: { server: ServerKind; model: string },
): AppError | ServerFailure {
  if (error instanceof AppError || error instanceof ServerFailure) return error;
  const what = `The model failed (${error instanceof Error ? error.name : typeof error})`;
  if (begun) return new ServerFailure('interrupted', what);
  const causes = causesOf(error);
  const status = causes.map(statusOf).find((value) => value !== undefined);
  if (status !== undefined) {
    const body = JSON.stringify({ error: error instanceof Error ? error.message : '' });
    return statusFailure({ status, body }, server, model);
  }
  const network = causes.find((cause) => NETWORK_CODE.test(systemCode(cause) ?? ''));
  if (network instanceof Error) return networkFailure(network, false, server);
  return new ServerFailure('unavailable', what);
}

/** The error, and the errors behind it. */
function causesOf(error: unknown): unknown[] {
  const causes: unknown[] = [];
  let cause = error;
  while (cause instanceof Error && causes.length < MOST_CAUSES) {
    causes.push(cause);
    cause = cause.cause;
  }
  return causes;
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const values = STATUS_FIELDS.map((field): unknown => Reflect.get(error, field));
  return values.find((value): value is number => Number.isInteger(value));
}
