import { AppError, type ErrorDetail } from '../common/errors/app-error.js';
import { CODE_OF_REASON, type ErrorReason } from '../common/errors/error-codes.js';
import type { FinishReason, Usage } from '../domain/conversation.js';
import type { GenerationError, GenerationRecord } from '../domain/generation.js';

/** One piece of the answer's text. Event n of a generation is the nth token, counted from 1. */
export interface TokenEvent {
  type: 'token';
  text: string;
}

/** The answer is whole, or was cancelled; the history has it. */
export interface DoneEvent {
  type: 'done';
  finishReason: FinishReason;
  usage: Usage | null;
}

/** The answer broke off. `kept` says whether the history has the turn. */
export interface ErrorEvent {
  type: 'error';
  error: GenerationError;
  kept: boolean;
}

export type TerminalEvent = DoneEvent | ErrorEvent;
export type GenerationEvent = TokenEvent | TerminalEvent;

/** Ids that the last event of a stream carries. */
export interface GenerationIds {
  generationId: string;
  conversationId: string;
  messageId: string;
}

/** The wrong fields behind a failure: for who waits for this answer, and not kept with it. */
const detailsOf = new WeakMap<GenerationError, ErrorDetail[]>();

export function generationError(error: AppError): GenerationError {
  const failure = { error: error.message, code: error.code, reason: error.reason };
  if (error.details) detailsOf.set(failure, error.details);
  return failure;
}

/** The stored failure as one that can be thrown: the status of an answer that was not streamed. */
export function thrownError(failure: GenerationError): AppError {
  const { error, reason } = failure;
  const details = detailsOf.get(failure);
  return new AppError(
    isErrorReason(reason) ? reason : 'internal',
    error,
    details ? { details } : {},
  );
}

function isErrorReason(reason: string): reason is ErrorReason {
  return Object.hasOwn(CODE_OF_REASON, reason);
}

export const CONVERSATION_DELETED: GenerationError = {
  error: 'The conversation was deleted while it was being answered',
  code: 'CONFLICT',
  reason: 'conversation_deleted',
};

/** The last event of an ended generation, from its record; null while it runs. */
export function terminalEventOf(record: GenerationRecord): TerminalEvent | null {
  switch (record.status) {
    case 'queued':
    case 'running':
      return null;
    case 'failed':
      return {
        type: 'error',
        error: record.error ?? {
          error: 'Internal server error',
          code: 'INTERNAL_ERROR',
          reason: 'internal',
        },
        kept: record.committed && !record.conversationDeleted,
      };
    case 'completed':
    case 'cancelled': {
      if (record.error || record.conversationDeleted) {
        const kept = record.committed && !record.conversationDeleted;
        return { type: 'error', error: record.error ?? CONVERSATION_DELETED, kept };
      }
      return { type: 'done', finishReason: record.finishReason ?? 'stop', usage: record.usage };
    }
  }
}
