import type { GenerationEnd, GenerationRecord } from '../../domain/generation.js';
import { CONVERSATION_DELETED, terminalEventOf, type TerminalEvent } from '../events.js';
import { unsavedEnd } from './end-forms.js';

/** How an end stands in the store, and the event by which its readers learn it. */
export interface StoredEnd {
  end: GenerationEnd;
  event: TerminalEvent;
}

/** An end that was stored as it was offered, with its turn. */
export function storedAs(end: GenerationEnd): StoredEnd {
  const { error, commit, finishReason, usage } = end;
  if (error) return { end, event: { type: 'error', error, kept: commit } };
  return { end, event: { type: 'done', finishReason: finishReason ?? 'stop', usage } };
}

/** The conversation was deleted before the end was stored. */
export function deletedWith(end: GenerationEnd): StoredEnd {
  const error = CONVERSATION_DELETED;
  return {
    end: { ...end, status: 'cancelled', error },
    event: { type: 'error', error, kept: false },
  };
}

/** Another worker had taken this one for dead, and has ended its generation. */
export function endedElsewhere(end: GenerationEnd): StoredEnd {
  const unsaved = unsavedEnd({ ...end, status: 'failed' });
  return { end: unsaved, event: waitingEvent(unsaved) };
}

/** What readers get who have waited for long enough: the turn is in the store, or will be. */
export function waitingEvent(end: GenerationEnd): TerminalEvent {
  const { error } = unsavedEnd(end);
  return { type: 'error', error, kept: true };
}

/**
 * The end that a record tells of, if it is one that this process has offered before: the reply to the
 * offer was lost, or the record alone was written.
 */
export function offeredBefore(record: GenerationRecord, end: GenerationEnd): StoredEnd | null {
  const { status, finishedAt, finishReason, usage, error, response } = record;
  const event = terminalEventOf(record);
  if (!event || finishedAt !== end.finishedAt) return null;
  if (status === 'queued' || status === 'running') return null;
  return { end: { ...end, status, finishReason, usage, error, response }, event };
}
