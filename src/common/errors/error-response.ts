import type { AppError, ErrorDetail } from './app-error.js';
import { toSummaryFields, type ConversationSummaryDto } from '../http/conversation.dto.js';
import type { ErrorCode, ErrorReason } from './error-codes.js';

/** The public fields of an error, in a response, in a stream's block and in a record. */
export interface ErrorFields {
  /** A sentence for a person. */
  error: string;
  code: ErrorCode;
  /** The cause, for programs. */
  reason: ErrorReason;
}

/** Body of every error response. */
export interface ErrorBody extends ErrorFields {
  request_id: string;
  details?: ErrorDetail[];
  active_generation_id?: string;
  conversation?: ConversationSummaryDto;
}

/** The public part of `error`, as blocks of streams and generation records carry it. */
export function errorFields(error: AppError): ErrorFields {
  return { error: error.message, code: error.code, reason: error.reason };
}

/** The body of a response for `error`. */
export function errorBody(error: AppError, requestId: string): ErrorBody {
  const body: ErrorBody = { ...errorFields(error), request_id: requestId };
  if (error.details) body.details = error.details;
  if (error.activeGenerationId) body.active_generation_id = error.activeGenerationId;
  if (error.conversation) body.conversation = toSummaryFields(error.conversation);
  return body;
}
