import { setTimeout as delay } from 'node:timers/promises';
import type { HistoryCounts } from '../../store/idle-conversations.js';
import type { OwnersGeneration } from '../../store/owner-erasure.js';
import { CommandError } from '../command-error.js';
import type { DurableStore } from './copy.js';
import { summariesOf } from './moved-history.js';

/** After so long a worker that does not stop a generation is not waited for. */
const WORKER_MS = 5000;
/** After so long an owner that begins new ones all the time is not waited for. */
const OWNER_MS = 30_000;
const LOOK_MS = 250;

/** How much an erasure would remove. */
export async function countOwner(
  store: Pick<DurableStore, 'conversations'>,
  ownerId: string,
): Promise<HistoryCounts> {
  const counts = { conversations: 0, messages: 0 };
  for await (const page of summariesOf(store, ownerId))
    for (const { messageTotal } of page) {
      counts.conversations += 1;
      counts.messages += messageTotal;
    }
  return counts;
}

/**
 * Removes an owner from a store that may be served meanwhile. Keys go first: whoever has one begins nothing
 * new. Generations that run are asked to stop; until none does, what they make of it is deleted again.
 */
export async function eraseOwner(store: DurableStore, ownerId: string): Promise<HistoryCounts> {
  const counts = { conversations: 0, messages: 0 };
  const taken = new Set<string>();
  const begunAt = performance.now();
  await store.keys.removeOf(ownerId);
  for (;;) {
    // Before the deletions: what ends after it was looked for has become messages by then.
    const running = await store.erasure.running(ownerId);
    const isDeleted = await deleteAll(store, ownerId, counts);
    if (running.length === 0 && !isDeleted) break;
    const ms = performance.now() - begunAt;
    await stopAll(store, ownerId, running, ms > WORKER_MS ? taken : null);
    if (ms > OWNER_MS)
      throw new CommandError(
        'The owner goes on writing; take its configured keys away, and call it again',
      );
    // Readers on all workers are told the end before it is removed.
    await delay(LOOK_MS);
  }
  await store.erasure.erase(ownerId, [...taken]);
  return counts;
}

async function deleteAll(
  store: DurableStore,
  ownerId: string,
  counts: HistoryCounts,
): Promise<boolean> {
  let isDeleted = false;
  for await (const page of summariesOf(store, ownerId))
    for (const { id, messageTotal } of page) {
      const { outcome } = await store.conversations.delete(ownerId, id, null);
      if (outcome !== 'deleted') continue;
      isDeleted = true;
      counts.conversations += 1;
      counts.messages += messageTotal;
    }
  return isDeleted;
}

/** @param taken null: their workers end them; else those are noted that are ended in their place */
async function stopAll(
  { conversations, coordination }: DurableStore,
  ownerId: string,
  running: readonly OwnersGeneration[],
  taken: Set<string> | null,
): Promise<void> {
  for (const { key, workerId, conversationId } of running) {
    // Also of a conversation that is only staged.
    await conversations.delete(ownerId, conversationId, null);
    if (taken && (await coordination.endLost(key, workerId, Date.now()))) taken.add(conversationId);
  }
}
