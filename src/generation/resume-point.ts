import { AppError } from '../common/errors/app-error.js';
import type { Answer } from './answer.js';

/**
 * After which event a reader goes on: the query wins over `Last-Event-ID`. Throws `validation` for a
 * number that is none, or past the last event there is.
 */
export function resumePoint(
  answer: Answer,
  after: number | undefined,
  lastEventId: string | undefined,
): number {
  const field = after === undefined ? 'Last-Event-ID' : 'after';
  const point = after ?? numberOf(lastEventId);
  if (point === null || point > answer.log.lastSeq) {
    const message = 'must be the number of an event that was sent';
    throw new AppError('validation', `Invalid request: ${field} ${message}`, {
      details: [{ field, message }],
    });
  }
  return point;
}

function numberOf(lastEventId: string | undefined): number | null {
  if (lastEventId === undefined) return 0;
  return /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : null;
}
