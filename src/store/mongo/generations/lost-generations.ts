import type { EndExtent } from '../../../domain/generation.js';
import { workerLostEnd } from '../../rules/end.js';
import { writtenIn } from '../../rules/log.js';
import type { Collections } from '../database/collections.js';
import { toEnd, type GenerationDocument } from '../documents/generation-document.js';
import { complete, decide, decideRecord } from './closing.js';
import { closeLog } from './logs.js';

/** A generation that its worker no longer runs. */
interface Lost {
  key: string;
  workerId: string;
  now: number;
  extent: EndExtent;
}

/** Ends a generation with the text of its stored log; false if it does not run under the worker. */
export async function endLost(
  collections: Collections,
  { key: _id, workerId, now, extent }: Lost,
): Promise<boolean> {
  const { generations } = collections;
  // From here on the worker, if it is alive, can complete only writes that are already in progress.
  await generations.updateOne(
    { _id, runningOn: workerId, closedAt: null },
    { $set: { closedAt: now, reaped: true } },
  );
  const generation = await generations.findOne({ _id });
  if (generation?.runningOn !== workerId) return false;
  return endReaped(collections, generation, extent);
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
  extent: EndExtent = 'turn',
): Promise<boolean> {
  const failed = generation.end ? generation : await decideFailure(collections, generation);
  const decided =
    extent === 'record' && failed?.end
      ? await decideRecord(collections, failed, toEnd(failed.end), { runningOn: failed.runningOn })
      : failed;
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
    const { phase, closedAt, tokens } = generation;
    const state = { phase, promptTokens: tokens?.promptTokens ?? null };
    const end = workerLostEnd(state, writtenIn(log), closedAt ?? 0);
    const decided = await decide(collections, generation, end, { end: null });
    if (decided) return decided;
  }
}

/**
 * Ends lost generations of this worker whose reaper died before it had finished: since this worker
 * is alive, no other reaper would end them.
 */
export async function completeReaped(
  collections: Collections,
  workerId: string,
  keys: readonly string[],
): Promise<void> {
  const left = await collections.generations
    .find({ _id: { $in: [...keys] }, runningOn: workerId, reaped: true })
    .toArray();
  for (const generation of left) await endReaped(collections, generation);
}
