import type { GenerationSignal } from '../../../domain/generation.js';
import type { Collections } from '../database/collections.js';
import { owned } from '../documents/conversation-documents.js';

/** Asks whoever runs it to stop, unless it was asked before; its key, or null when none runs. */
export async function flagCancelled(
  { generations }: Collections,
  ownerId: string,
  id: string,
): Promise<string | null> {
  const idLock = owned(ownerId, id);
  await generations.updateOne(
    { idLock, runningOn: { $gt: '' }, stopSignal: null },
    { $set: { stopSignal: 'cancelled' } },
  );
  const running = await generations.findOne(
    { idLock, runningOn: { $gt: '' } },
    { projection: { _id: 1 } },
  );
  return running?._id ?? null;
}

/** Says whether a worker has readers of a running generation. */
export async function setWatcher(
  { generations }: Collections,
  key: string,
  workerId: string,
  reading: boolean,
): Promise<void> {
  await generations.updateOne(
    { _id: key, runningOn: { $gt: '' } },
    reading ? { $addToSet: { watchers: workerId } } : { $pull: { watchers: workerId } },
  );
}

/** What a worker is to know of its own generations. */
export async function signalsOf(
  { generations }: Collections,
  workerId: string,
): Promise<GenerationSignal[]> {
  const found = await generations
    .find({ runningOn: workerId, $or: [{ stopSignal: { $ne: null } }, { watchers: { $ne: [] } }] })
    .project<{ _id: string; stopSignal: GenerationSignal['stop']; watchers: string[] }>({
      stopSignal: 1,
      watchers: 1,
    })
    .toArray();
  return found.map(({ _id, stopSignal, watchers }) => ({
    key: _id,
    stop: stopSignal,
    watchers: watchers.length,
  }));
}

/** Counters of all workers, with 0 for those who run something without one. */
export async function beats({ workers, generations }: Collections): Promise<Map<string, number>> {
  const [counted, running] = await Promise.all([
    workers.find().toArray(),
    generations.distinct('runningOn', { runningOn: { $gt: '' } }),
  ]);
  return new Map([
    ...running.flatMap((id): [string, number][] => (id === null ? [] : [[id, 0]])),
    ...counted.map(({ _id, beat }): [string, number] => [_id, beat]),
  ]);
}
