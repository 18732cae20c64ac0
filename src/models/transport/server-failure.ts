import { AppError } from '../../common/errors/app-error.js';

/**
 * - `transient`: failed before a byte of the answer, and another attempt may succeed
 * - `unavailable`: the server does not serve, and an immediate further attempt would not help
 * - `unusable`: the answer violates the protocol
 * - `interrupted`: failed after the answer had begun
 */
export type FailureKind = 'transient' | 'unavailable' | 'unusable' | 'interrupted';

/**
 * A failure of a model server inside an adapter; `toAppError` converts it for callers. The message
 * is for the log and contains no text of the answer.
 */
export class ServerFailure extends Error {
  override readonly name = 'ServerFailure';
  /**
   * The connection had been used before, and the server had closed it: it most likely never saw the
   * request, so repeating that costs no attempt.
   */
  readonly staleConnection: boolean;

  constructor(
    readonly kind: FailureKind,
    message: string,
    { cause, staleConnection = false }: { cause?: unknown; staleConnection?: boolean } = {},
  ) {
    super(message, { cause });
    this.staleConnection = staleConnection;
  }
}

/** The answer violates the protocol; `what` is for the log. */
export const unusable = (what: string): ServerFailure => new ServerFailure('unusable', what);

/** Whether a further attempt may succeed. */
export const isTransient = (error: unknown): error is ServerFailure =>
  error instanceof ServerFailure && error.kind === 'transient';

/**
 * The failure for callers: `model_unavailable`.
 *
 * @param service what has failed: `Ollama service`
 */
export function toAppError(failure: ServerFailure, service: string): AppError {
  return new AppError('model_unavailable', `${service} ${saidOf(failure)}`, {
    cause: failure,
  });
}

function saidOf({ kind }: ServerFailure): string {
  if (kind === 'unusable') return 'gave an answer that cannot be used';
  return kind === 'interrupted' ? 'broke off the answer' : 'unavailable';
}

const LONGEST_QUOTE = 200;

/** A short part of a server's text for the log, on one line and without invisible characters. */
export function quoted(words: unknown): string {
  if (typeof words !== 'string') return 'no reason';
  return words.slice(0, LONGEST_QUOTE).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ');
}
