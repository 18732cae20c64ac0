import type { ConversationSummary } from '../../domain/conversation.js';
import { CODE_OF_REASON, STATUS_OF_CODE, type ErrorCode, type ErrorReason } from './error-codes.js';

/** One wrong field of a request: its path (`parameters.temperature`) and what is expected of it. */
export interface ErrorDetail {
  field: string;
  message: string;
}

export interface AppErrorOptions {
  details?: ErrorDetail[];
  /** Whole seconds until a retry may succeed; becomes the `Retry-After` header. */
  retryAfter?: number;
  /** With `conversation_busy`: the generation that holds the conversation. */
  activeGenerationId?: string;
  /** With `conversation_changed`: the conversation as it is now. */
  conversation?: ConversationSummary;
  /** With `unauthorized`: a credential was sent, and it is not accepted. */
  invalidToken?: boolean;
  /** It ended an answer that is kept so: its request, sent again with the same idempotency key, gets it again. */
  isRecorded?: boolean;
  /** The original failure, for the log; clients never see it. */
  cause?: unknown;
}

/**
 * An expected failure, thrown where it is known. Its message is written for the caller: it names
 * fields and what to do, and holds no value, path, SQL, URL or text of a model server.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly details: ErrorDetail[] | undefined;
  readonly retryAfter: number | undefined;
  readonly activeGenerationId: string | undefined;
  readonly conversation: ConversationSummary | undefined;
  readonly invalidToken: boolean;
  readonly isRecorded: boolean;

  constructor(
    readonly reason: ErrorReason,
    message: string,
    options: AppErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'AppError';
    this.code = CODE_OF_REASON[reason];
    this.status = STATUS_OF_CODE[this.code];
    this.details = options.details;
    this.retryAfter = options.retryAfter ?? DEFAULT_RETRY_AFTER[reason];
    this.activeGenerationId = options.activeGenerationId;
    this.conversation = options.conversation;
    this.invalidToken = options.invalidToken ?? false;
    this.isRecorded = options.isRecorded ?? false;
  }
}

/** 429, 503 and a busy 409 always say when to try again: after 5 s at most, but for limits. */
const DEFAULT_RETRY_AFTER: Partial<Record<ErrorReason, number>> = {
  conversation_busy: 2,
  requests_limit: 60,
  streams_limit: 5,
  tokens_limit: 1,
  model_unavailable: 5,
  store_unavailable: 5,
  queue_full: 5,
  draining: 5,
  identity_unavailable: 5,
};

/** Whether the store was unavailable: a retry may succeed later. */
export function isStoreUnavailable(error: unknown): error is AppError {
  return error instanceof AppError && error.reason === 'store_unavailable';
}

/**
 * Any thrown value as an AppError: unexpected failures become `internal` with the failure as cause.
 */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError('internal', 'Internal server error', { cause: error });
}

/** One wrong field of a request; the message says what it must be, without the field's name. */
export function invalidField(detail: ErrorDetail): AppError {
  return new AppError('validation', `Invalid request: ${detail.field} ${detail.message}`, {
    details: [detail],
  });
}
