import { workerLostEnd } from '../../worker-lost.js';
import type { Collections } from '../database/collections.js';
import { lastSeq, textOf } from '../documents/log-document.js';
import type { GenerationDocument } from '../documents/generation-document.js';
import { complete, decide } from './closing.js';
import { closeLog } from './log-book.js';

/**
 * Ends what a dead worker ran. The worker's counter goes first: should this process die in between,
 * the rest are a worker's without a counter, for the next reaper.
 */
export async function reap(
  collections: Collections,
  workerId: string,
  lastBeat: number,
  now: number,
): Promise<string[]> {
  if (!(await removeWorker(collections, workerId, lastBeat))) return [];
  const { generations } = collections;
  await generations.updateMany(
    { runningOn: { $gt: '' }, watchers: workerId },
    { $pull: { watchers: workerId } },
  );
  const running = await generations
    .find({ runningOn: workerId })
    .project<{ _id: string }>({ _id: 1 })
    .toArray();
  const ended: string[] = [];
  for (const { _id } of running)
    if (await endForDead(collections, _id, workerId, now)) ended.push(_id);
  return ended;
}

/** False if the counter moved from `lastBeat` (0: there is none). */
async function removeWorker({ workers }: Collections, _id: string, lastBeat: number) {
  const { deletedCount } = await workers.deleteOne({ _id, beat: lastBeat });
  if (deletedCount === 1) return true;
  return lastBeat === 0 && (await workers.findOne({ _id })) === null;
}

async function endForDead(
  collections: Collections,
  _id: string,
  workerId: string,
  now: number,
): Promise<boolean> {
  const { generations } = collections;
  // From here on the worker, should it live, can write nothing but what is on its way.
  await generations.updateOne(
    { _id, runningOn: workerId, closedAt: null },
    { $set: { closedAt: now, reaped: true } },
  );
  const generation = await generations.findOne({ _id });
  if (generation?.runningOn !== workerId) return false;
  return endReaped(collections, generation);
}

/**
 * Completes the end of a generation that was closed for a dead worker: the one that the worker had
 * decided, else a failure with the text of its log. Several may do so at once.
 *
 * @returns whether it was this call that completed it
 */
export async function endReaped(
  collections: Collections,
  generation: GenerationDocument,
): Promise<boolean> {
  const decided = generation.end ? generation : await decideFailure(collections, generation);
  return decided !== null && (await complete(collections, decided)) !== 'lost';
}

async function decideFailure(
  collections: Collections,
  { _id }: GenerationDocument,
): Promise<GenerationDocument | null> {
  const log = await closeLog(collections, _id);
  for (;;) {
    // After the log was closed, so that a deletion that came meanwhile is seen.
    const generation = await collections.generations.findOne({ _id });
    if (!generation || generation.runningOn === null) return null;
    if (generation.end) return generation;
    const { phase, closedAt } = generation;
    const end = { ...workerLostEnd(phase, textOf(log), closedAt ?? 0), seq: lastSeq(log) };
    const decided = await decide(collections, generation, end, { end: null });
    if (decided) return decided;
  }
}

/**
 * Of generations that a worker finds it has lost, ends those whose reaper died half-way: this worker
 * lives, so that nobody would come for them again.
 */
export async function endLeftByReapers(
  collections: Collections,
  workerId: string,
  keys: readonly string[],
): Promise<void> {
  const left = await collections.generations
    .find({ _id: { $in: [...keys] }, runningOn: workerId, reaped: true })
    .toArray();
  for (const generation of left) await endReaped(collections, generation);
}
