import type { Queued } from '../../rules/queue.js';
import type { WorkerState } from '../../worker-coordination.js';
import type { Collections } from '../database/collections.js';

/** Increases a worker's heartbeat counter. */
export async function raiseCounter({ workers }: Collections, _id: string): Promise<void> {
  await workers.updateOne({ _id }, { $inc: { beat: 1 } }, { upsert: true });
}

/** All counters, with 0 for workers that run something and have none. */
export async function readCounters({
  workers,
  generations,
}: Collections): Promise<Map<string, WorkerState>> {
  const [counted, running] = await Promise.all([
    workers.find().toArray(),
    generations.distinct('runningOn', { runningOn: { $gt: '' } }),
  ]);
  const beats = new Map([
    ...running.flatMap((id): [string, number][] => (id === null ? [] : [[id, 0]])),
    ...counted.map(({ _id, beat }): [string, number] => [_id, beat]),
  ]);
  return new Map([...beats].map(([id, beat]) => [id, { beat, session: 'unknown' }]));
}

/** Removes a counter unless it changed from `lastBeat` (0: there is none); false if it changed. */
export async function removeCounter(
  { workers }: Collections,
  _id: string,
  lastBeat: number,
): Promise<boolean> {
  const { deletedCount } = await workers.deleteOne({ _id, beat: lastBeat });
  if (deletedCount === 1) return true;
  return lastBeat === 0 && (await workers.findOne({ _id })) === null;
}

/** Keys of the generations that run under a worker. */
export async function runningUnder(
  { generations }: Collections,
  workerId: string,
): Promise<string[]> {
  const running = await generations
    .find({ runningOn: workerId })
    .project<{ _id: string }>({ _id: 1 })
    .toArray();
  return running.map(({ _id }) => _id);
}

/** All generations that wait. */
export async function readQueued({ generations }: Collections): Promise<Queued[]> {
  const queued = await generations
    .find({ runningOn: { $gt: '' }, status: 'queued' })
    .project<{ _id: string; workerId: string; createdAt: number }>({ workerId: 1, createdAt: 1 })
    .toArray();
  return queued.map(({ _id: key, workerId, createdAt }) => ({ key, workerId, createdAt }));
}

/** Whether a generation runs or waits, or has ended after `time`; each is a look into an index. */
export async function isBusySince({ generations }: Collections, time: number): Promise<boolean> {
  const projection = { _id: 1 };
  const running = await generations.findOne({ runningOn: { $gt: '' } }, { projection });
  if (running) return true;
  // The index of ends begins with `swept`.
  const ended = {
    swept: { $in: [false, true, 'kept' as const, 'bare' as const] },
    finishedAt: { $gt: time },
  };
  return (await generations.findOne(ended, { projection })) !== null;
}
