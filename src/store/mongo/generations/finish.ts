import { AppError } from '../../../common/errors/app-error.js';
import type { GenerationEnd, LogBatch } from '../../../domain/generation.js';
import type { Collections } from '../database/collections.js';
import { complete, decide, type Outcome } from './closing.js';
import { appendTail, lastStored } from './log-book.js';
import { endReaped } from './reaper.js';

/** More than there are writers of one generation. */
const MAX_TRIES = 50;

/**
 * Ends a generation for its own worker. Its last events are stored before the end is decided: a
 * worker that dies in between leaves a longer log, one that dies after it an end with all its log.
 */
export async function finish(
  collections: Collections,
  key: string,
  workerId: string,
  end: GenerationEnd,
  tail: LogBatch | null,
): Promise<Outcome> {
  for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
    const generation = await collections.generations.findOne({ _id: key });
    if (!generation || generation.runningOn !== workerId) return 'lost';
    if (generation.reaped) {
      await endReaped(collections, generation);
      return 'lost';
    }
    // Decided before, and not complete: this is a repeat, or there are two of us.
    if (generation.closedAt !== null) return complete(collections, generation);
    const seq = await storeTail(collections, key, tail);
    const fence = { runningOn: workerId, closedAt: null };
    const decided = await decide(collections, generation, { ...end, seq }, fence);
    if (decided) return complete(collections, decided);
  }
  throw new AppError('store_unavailable', 'Too many requests for the same; try again');
}

/** Number of the last event of all. */
async function storeTail(
  collections: Collections,
  key: string,
  tail: LogBatch | null,
): Promise<number> {
  if (!tail || tail.tokens.length === 0) return lastStored(collections, key);
  await appendTail(collections, tail);
  return tail.firstSeq + tail.tokens.length - 1;
}
