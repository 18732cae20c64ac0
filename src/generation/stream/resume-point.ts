import { invalidField, type AppError } from '../../common/errors/app-error.js';
import { isOfLostWorker } from '../../domain/generation.js';
import type { Answer } from '../answer.js';

const CATCH_UP_MS = 2_000;

/** A reader's last event, as it sends it. */
export interface ReaderPosition {
  /** From the query, validated as a whole number. */
  after?: number | undefined;
  /** The header `Last-Event-ID` as it was sent. */
  lastEventId?: string | undefined;
}

/**
 * The event after which a reader resumes; 0 by default. `Last-Event-ID` takes precedence over the
 * query: a client that reconnects sends it to its original address. Throws `validation` for a value
 * that is not a number, for a number above the last event, and for a number of a removed log.
 *
 * If the worker of the generation died, the number of the last event is refused as well. A reader
 * may have a token of that number, which was lost with the worker: it would take its copy for whole.
 */
export async function resumePoint(answer: Answer, position: ReaderPosition): Promise<number> {
  const { after, lastEventId } = position;
  if (lastEventId === undefined) return after === undefined ? 0 : checked(answer, 'after', after);
  return checked(answer, 'Last-Event-ID', numberOf(lastEventId));
}

/** Whether the reader already has the last event. */
export function isReadToEnd({ log }: Answer, point: number): boolean {
  return log.terminal !== null && point === log.lastSeq;
}

async function checked(answer: Answer, field: string, point: number | null): Promise<number> {
  if (point !== null && answer.running === 'elsewhere') await reached(answer, point);
  const last = answer.condensed ? answer.condensed.tokens + 1 : answer.log.lastSeq;
  if (point === last && isOfLostLog(answer))
    throw refused(field, 'may name an event that was lost; read the generation');
  if (answer.condensed && point !== 0)
    return afterCondensed(answer, answer.condensed, field, point);
  if (point === null || point > answer.log.lastSeq) {
    throw refused(field, 'must be the number of an event that was sent');
  }
  return point;
}

function isOfLostLog({ log: { terminal } }: Answer): boolean {
  return terminal?.type === 'error' && isOfLostWorker(terminal.error);
}

/** Of a removed log only the beginning and the end are still valid positions. */
function afterCondensed(
  answer: Answer,
  { tokens }: { tokens: number },
  field: string,
  point: number | null,
): number {
  if (point === tokens + 1) return answer.log.lastSeq;
  throw refused(
    field,
    'names an event that is no longer stored; leave it out for the whole answer',
  );
}

function refused(field: string, message: string): AppError {
  return invalidField({ field, message });
}

/** The reader may have seen more than the store has of a generation on another worker by now. */
async function reached(answer: Answer, point: number): Promise<void> {
  const timeout = AbortSignal.timeout(CATCH_UP_MS);
  const { log } = answer;
  while (log.lastSeq < point && !log.terminal && !timeout.aborted) {
    await log.growth(log.lastSeq, timeout);
  }
}

function numberOf(lastEventId: string): number | null {
  return /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : null;
}
