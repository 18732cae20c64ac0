import { AppError, type ErrorDetail } from '../common/errors/app-error.js';
import { CODE_OF_REASON, type ErrorReason } from '../common/errors/error-codes.js';
import { errorFields } from '../common/errors/error-response.js';
import type { FinishReason, Usage } from '../domain/conversation.js';
import type { AnswerReport } from '../domain/report.js';
import type { GenerationEnd, GenerationError, GenerationRecord } from '../domain/generation.js';

/** The answer is complete or was cancelled; the history has it. */
export interface DoneEvent {
  type: 'done';
  finishReason: FinishReason;
  usage: Usage | null;
  report: AnswerReport | null;
}

/** The answer failed. `committed` says whether the history has the turn. */
export interface ErrorEvent {
  type: 'error';
  error: GenerationError;
  committed: boolean;
}

/** The last event of a generation; event n before it is the nth token, counted from 1. */
export type TerminalEvent = DoneEvent | ErrorEvent;

/** Ids that the last event of a stream carries; without a conversation the first alone. */
export interface GenerationIds {
  generationId: string;
  conversationId: string | null;
  messageId: string | null;
  /** The message that it answers; null where that is not known. */
  parentId: string | null;
}

/** What is shown of a generation's place: one without a conversation has none. */
export function idsOf({
  id,
  stateless,
  conversationId,
  messageId,
  answerParentId,
}: Pick<
  GenerationRecord,
  'id' | 'stateless' | 'conversationId' | 'messageId' | 'answerParentId'
>): GenerationIds {
  return stateless
    ? { generationId: id, conversationId: null, messageId: null, parentId: null }
    : { generationId: id, conversationId, messageId, parentId: answerParentId };
}

/** The wrong fields behind a failure: for the client that waits for this answer, and not stored with it. */
const detailsOf = new WeakMap<GenerationError, ErrorDetail[]>();

export function generationError(error: AppError): GenerationError {
  const failure = errorFields(error);
  if (error.details) detailsOf.set(failure, error.details);
  return failure;
}

/** The failure of an answer as an error to throw: it gives a plain answer its status. */
export function thrownError({ error: failure, committed }: ErrorEvent): AppError {
  const { error, reason } = failure;
  const details = detailsOf.get(failure);
  return new AppError(isErrorReason(reason) ? reason : 'internal', error, {
    isRecorded: committed,
    ...(details && { details }),
  });
}

/** Whether a stored reason is one that this version knows. */
export function isErrorReason(reason: string): reason is ErrorReason {
  return Object.hasOwn(CODE_OF_REASON, reason);
}

export const CONVERSATION_DELETED: GenerationError = {
  error: 'The conversation was deleted while it was being answered',
  code: 'CONFLICT',
  reason: 'conversation_deleted',
};

const UNKNOWN_FAILURE: GenerationError = {
  error: 'Internal server error',
  code: 'INTERNAL_ERROR',
  reason: 'internal',
};

/** The last event of an ended generation, from its record; null while it runs. */
export function terminalEventOf(record: GenerationRecord): TerminalEvent | null {
  const { status, conversationDeleted } = record;
  if (status === 'queued' || status === 'running') return null;
  const ofStatus = status === 'failed' ? UNKNOWN_FAILURE : null;
  const error = record.error ?? ofStatus ?? (conversationDeleted ? CONVERSATION_DELETED : null);
  return endEvent({ ...record, error }, record.committed && !conversationDeleted);
}

/** The last event of a generation that ended so. */
export function endEvent(
  {
    error,
    finishReason,
    usage,
    report,
  }: Pick<GenerationEnd, 'error' | 'finishReason' | 'usage' | 'report'>,
  committed: boolean,
): TerminalEvent {
  if (error) return { type: 'error', error, committed };
  return { type: 'done', finishReason: finishReason ?? 'stop', usage, report };
}
