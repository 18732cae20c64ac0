import { AppError } from '../../common/errors/app-error.js';
import type {
  EndExtent,
  GenerationEnd,
  GenerationError,
  LogBatch,
} from '../../domain/generation.js';
import { generationError } from '../events.js';

/** An end as it is offered to the store. */
export interface EndForm {
  end: GenerationEnd;
  /** The last token events, where the store does not have them yet. */
  tail: LogBatch | null;
  extent: EndExtent;
}

/** A store that refuses is offered the fullest form alone for so long: the refusal may pass. */
const WHOLE_ONLY_MS = 5_000;
/** After so long the generation's record is ended without its messages, so that its locks are free. */
const WITH_MESSAGES_MS = 10_000;

/**
 * The forms in which an end is offered to the store, the fullest first: whole; without what the log
 * lacks; without the answer's text; the generation's record alone, with the text and without.
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

/** The end of an answer that could not be saved as it was; one that failed keeps its own error. */
export function unsavedEnd(end: GenerationEnd): GenerationEnd & { error: GenerationError } {
  const error = end.error ?? UNSAVED;
  if (end.status === 'cancelled') return { ...end, error };
  return { ...end, status: 'failed', finishReason: null, error };
}

const UNSAVED = generationError(
  new AppError(
    'store_unavailable',
    'The answer could not be saved in time; look in the conversation before you ask again',
  ),
);
