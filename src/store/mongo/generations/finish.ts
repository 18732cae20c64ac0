import { storeContended } from '../../store-errors.js';
import type { EndExtent, GenerationEnd, LogBatch } from '../../../domain/generation.js';
import type { Collections } from '../database/collections.js';
import type { GenerationDocument } from '../documents/generation-document.js';
import { complete, decide, decideAgain, decideRecord, type Outcome } from './closing.js';
import { appendTail } from './logs.js';
import { endReaped } from './lost-generations.js';

/** More than the number of writers of one generation. */
const MAX_TRIES = 50;

/** A generation that runs under a worker, and how it ends. */
export interface Ending {
  key: string;
  workerId: string;
  end: GenerationEnd;
  /** The last token events, where they are not stored yet. */
  tail: LogBatch | null;
  extent: EndExtent;
}

/**
 * Ends a generation for its own worker. Its last events are stored before the end is decided: a
 * worker that dies in between leaves a longer log, one that dies after it an end with all its log.
 */
export async function finish(collections: Collections, ending: Ending): Promise<Outcome> {
  const { key, workerId } = ending;
  for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
    const generation = await collections.generations.findOne({ _id: key });
    if (!generation || generation.runningOn !== workerId) return 'lost';
    if (generation.reaped) {
      await endReaped(collections, generation);
      return 'lost';
    }
    const decided = await decideAs(collections, generation, ending);
    if (decided) return complete(collections, decided);
  }
  throw storeContended();
}

async function decideAs(
  collections: Collections,
  generation: GenerationDocument,
  { workerId, end, tail, extent }: Ending,
): Promise<GenerationDocument | null> {
  const fence = { runningOn: workerId, reaped: false };
  if (extent === 'record') return decideRecord(collections, generation, end, fence);
  // Decided before, and not complete: a repeat, perhaps with less.
  if (generation.closedAt !== null) return decideAgain(collections, generation, end, fence);
  await appendTail(collections, tail);
  return decide(collections, generation, end, { ...fence, closedAt: null });
}
