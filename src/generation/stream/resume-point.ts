import { AppError } from '../../common/errors/app-error.js';
import type { Answer } from '../answer.js';

const CATCH_UP_MS = 2_000;

/**
 * After which event a reader goes on: the query wins over `Last-Event-ID`. Throws `validation` for a
 * number that is none, or past the last event there is.
 */
export async function resumePoint(
  answer: Answer,
  after: number | undefined,
  lastEventId: string | undefined,
): Promise<number> {
  const field = after === undefined ? 'Last-Event-ID' : 'after';
  const point = after ?? numberOf(lastEventId);
  if (point !== null && answer.running === 'elsewhere') {
    await reached(answer, point);
  }
  if (point === null || point > answer.log.lastSeq) {
    const message = 'must be the number of an event that was sent';
    throw new AppError('validation', `Invalid request: ${field} ${message}`, {
      details: [{ field, message }],
    });
  }
  return point;
}

/** The reader may have seen more than the store has of a generation on another worker by now. */
async function reached(answer: Answer, point: number): Promise<void> {
  const patience = AbortSignal.timeout(CATCH_UP_MS);
  const { log } = answer;
  while (log.lastSeq < point && !log.terminal && !patience.aborted) {
    await log.growth(log.lastSeq, patience);
  }
}

function numberOf(lastEventId: string | undefined): number | null {
  if (lastEventId === undefined) return 0;
  return /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : null;
}
