import type { AppError } from '../common/errors/app-error.js';
import {
  conversationBusy,
  conversationChanged,
  conversationNotFound,
  messageNotFound,
} from '../store/conversation-errors.js';
import type { Busy, ChangedMeanwhile } from '../store/conversation-results.js';

/** What was found, or the error that says what was not. */
export function orNotFound<T>(found: T | 'message_not_found' | null): T {
  if (found === null) throw conversationNotFound();
  if (found === 'message_not_found') throw messageNotFound();
  return found;
}

/** The error of a change that a store did not make. */
export function refusalOf(
  result: { outcome: 'not_found' } | { outcome: 'message_not_found' } | ChangedMeanwhile | Busy,
): AppError {
  switch (result.outcome) {
    case 'not_found':
      return conversationNotFound();
    case 'message_not_found':
      return messageNotFound();
    case 'changed_meanwhile':
      return conversationChanged(result.conversation);
    case 'busy':
      return conversationBusy(result.activeGenerationId);
  }
}
