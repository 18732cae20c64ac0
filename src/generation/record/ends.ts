import { AppError } from '../../common/errors/app-error.js';
import type {
  EndExtent,
  GenerationEnd,
  GenerationError,
  GenerationRecord,
  LogBatch,
} from '../../domain/generation.js';
import {
  CONVERSATION_DELETED,
  endEvent,
  generationError,
  terminalEventOf,
  type TerminalEvent,
} from '../events.js';

/** A form of an end that is offered to the store. */
export interface EndForm {
  end: GenerationEnd;
  /** The last token events, if they are not stored yet. */
  tail: LogBatch | null;
  extent: EndExtent;
}

/**
 * For this time a refusing store is offered only the whole end, since the refusal may be temporary.
 */
const WHOLE_ONLY_MS = 5_000;
/**
 * After this time the generation's record is ended without its messages, so that its locks are
 * released.
 */
const WITH_MESSAGES_MS = 10_000;

/**
 * The forms in which an end is offered to the store, the largest first: whole; without the missing
 * part of the log; without the answer's text; only the generation's record, with and without the
 * text.
 *
 * @param refusedMs - for how long the store has refused, in milliseconds
 */
export function formsOf(end: GenerationEnd, tail: LogBatch | null, refusedMs: number): EndForm[] {
  const forms: EndForm[] = [{ end, tail, extent: 'turn' }];
  if (refusedMs < WHOLE_ONLY_MS) return forms;
  const unsaved = unsavedEnd(end);
  const textless = { ...unsaved, response: '' };
  if (tail) forms.push({ end, tail: null, extent: 'turn' });
  if (end.response !== '') forms.push({ end: textless, tail: null, extent: 'turn' });
  if (refusedMs < WITH_MESSAGES_MS) return forms;
  forms.push({ end: unsaved, tail: null, extent: 'record' });
  if (end.response !== '') forms.push({ end: textless, tail: null, extent: 'record' });
  return forms;
}

/** The end of an answer that could not be stored whole; a failed one keeps its own error. */
export function unsavedEnd(end: GenerationEnd): GenerationEnd & { error: GenerationError } {
  const error = end.error ?? UNSAVED;
  if (end.status === 'cancelled') return { ...end, error };
  return { ...end, status: 'failed', finishReason: null, error };
}

const UNSAVED = generationError(
  new AppError(
    'store_unavailable',
    'The answer could not be stored in time; check the conversation before you send the message ' +
      'again',
  ),
);

/** A stored end, and the event that its readers get. */
export interface StoredEnd {
  end: GenerationEnd;
  event: TerminalEvent;
}

/** An end that was stored with its turn. */
export function storedAs(end: GenerationEnd): StoredEnd {
  return { end, event: endEvent(end, end.commit) };
}

/** The conversation was deleted before the end was stored. */
export function deletedWith(end: GenerationEnd): StoredEnd {
  const error = CONVERSATION_DELETED;
  return {
    end: { ...end, status: 'cancelled', error },
    event: { type: 'error', error, committed: false },
  };
}

/** Another worker has declared this one dead and ended its generation. */
export function endedElsewhere(end: GenerationEnd): StoredEnd {
  const unsaved = unsavedEnd({ ...end, status: 'failed' });
  return { end: unsaved, event: notSavedYet(unsaved) };
}

/** The event for readers when the wait for the store is over: the turn is stored or will be. */
export function notSavedYet(end: GenerationEnd): TerminalEvent {
  const { error } = unsavedEnd(end);
  return { type: 'error', error, committed: true };
}

/**
 * The end in a record, if this process wrote it: the reply to the write was lost, or only the
 * record was written.
 */
export function offeredBefore(record: GenerationRecord, end: GenerationEnd): StoredEnd | null {
  const { status, finishedAt, finishReason, usage, error, response } = record;
  const event = terminalEventOf(record);
  if (!event || finishedAt !== end.finishedAt) return null;
  if (status === 'queued' || status === 'running') return null;
  return { end: { ...end, status, finishReason, usage, error, response }, event };
}
