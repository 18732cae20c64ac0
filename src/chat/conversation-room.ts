import { AppError } from '../common/errors/app-error.js';

/** Throws `conversation_full` where so many more would be too many; null: no bound. */
export function assertRoom(maxMessages: number | null, messageTotal: number, added: number): void {
  if (maxMessages === null || messageTotal + added <= maxMessages) return;
  throw new AppError(
    'conversation_full',
    'The conversation has as many messages as one may have; begin a new one',
  );
}
