import type { GenerationSignal } from '../../../domain/generation.js';
import type { Collections } from '../database/collections.js';
import { owned } from '../documents/conversation-documents.js';
import type { GenerationDocument } from '../documents/generation-document.js';

/**
 * Signals of other workers to the worker of a generation: stop requests (`stopSignal`, and
 * `unreadStop` for one that nobody reads), and which workers have readers of it (`watchers`). Each write
 * is next to the query that reads it.
 */

/** Asks for the stop of a running generation; its key, or null when none runs that has this public id. */
export async function requestCancel(
  { generations }: Collections,
  ownerId: string,
  id: string,
): Promise<string | null> {
  const running = runningAs(ownerId, id);
  await generations.updateOne(
    { ...running, stopSignal: null },
    { $set: { stopSignal: 'cancelled' } },
  );
  return keyOf(generations, running);
}

/** Asks for the stop of a running generation that nobody reads; its key, or null when none runs. */
export async function requestUnreadStop(
  { generations }: Collections,
  ownerId: string,
  id: string,
): Promise<string | null> {
  const running = runningAs(ownerId, id);
  await generations.updateOne(running, { $set: { unreadStop: true } });
  return keyOf(generations, running);
}

function runningAs(ownerId: string, id: string) {
  return { idLock: owned(ownerId, id), runningOn: { $gt: '' } };
}

async function keyOf(
  generations: Collections['generations'],
  which: ReturnType<typeof runningAs>,
): Promise<string | null> {
  const found = await generations.findOne(which, { projection: { _id: 1 } });
  return found?._id ?? null;
}

export async function hasUnreadStop({ generations }: Collections, key: string): Promise<boolean> {
  const asked = { _id: key, runningOn: { $gt: '' }, unreadStop: true as const };
  return (await generations.findOne(asked, { projection: { _id: 1 } })) !== null;
}

export async function refuseUnreadStop({ generations }: Collections, key: string): Promise<void> {
  await generations.updateOne({ _id: key }, { $unset: { unreadStop: '' } });
}

/** The state of a generation whose conversation was deleted while it ran. */
export const STOPPED_BY_DELETION = {
  conversationDeleted: true,
  stopSignal: 'conversation_deleted',
} as const;

/**
 * Requests the stop of the generation in a conversation that is being deleted: the one that holds
 * its lock.
 */
export function requestStopOfDeleted({ generations }: Collections, conversationLock: string) {
  return generations.findOneAndUpdate(
    { conversationLock, conversationDeleted: false },
    { $set: STOPPED_BY_DELETION },
  );
}

/** Stop requests and numbers of watchers of a worker's own generations that have either. */
export async function readSignals(
  { generations }: Collections,
  workerId: string,
): Promise<GenerationSignal[]> {
  const found = await generations
    .find({
      runningOn: workerId,
      $or: [{ stopSignal: { $ne: null } }, { unreadStop: true }, { watchers: { $ne: [] } }],
    })
    .project<Pick<GenerationDocument, '_id' | 'stopSignal' | 'unreadStop' | 'watchers'>>({
      stopSignal: 1,
      unreadStop: 1,
      watchers: 1,
    })
    .toArray();
  return found.map(({ _id, stopSignal, unreadStop, watchers }) => ({
    key: _id,
    stop: stopSignal ?? (unreadStop ? 'unless_read' : null),
    watchers: watchers.length,
  }));
}

/** Stores whether a worker has readers of a running generation. */
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

/** A dead worker has no readers. */
export async function removeWatcher({ generations }: Collections, workerId: string): Promise<void> {
  await generations.updateMany(
    { runningOn: { $gt: '' }, watchers: workerId },
    { $pull: { watchers: workerId } },
  );
}
