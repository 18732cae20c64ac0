import { setTimeout as delay } from 'node:timers/promises';
import { StoreStartError } from '../store.js';
import type { WorkerCoordination } from '../worker-coordination.js';

/** More than the time between two heartbeats of a worker. */
const WATCH_MS = 5000;
const LOOK_MS = 250;

interface Watched {
  close(): Promise<void>;
  readonly coordination: Pick<WorkerCoordination, 'workers'>;
}

/**
 * Watches the counters of the workers of an open store: while one moves, a process serves it. Those of
 * processes that died stand still.
 *
 * @throws {@link StoreStartError} if it is served; then it is closed
 */
export async function assertUnserved(store: Watched): Promise<void> {
  if (!(await isServed(store))) return;
  await store.close();
  throw served();
}

/** The same of a store that stays open. */
export async function assertStillUnserved(store: Watched): Promise<void> {
  if (await isServed(store)) throw served();
}

async function isServed({ coordination }: Watched): Promise<boolean> {
  const before = await coordination.workers();
  const until = performance.now() + WATCH_MS;
  while (before.size > 0 && performance.now() < until) {
    await delay(LOOK_MS);
    const now = await coordination.workers();
    if (![...now].every(([id, { beat }]) => before.get(id)?.beat === beat)) return true;
  }
  return false;
}

function served(): StoreStartError {
  return new StoreStartError(
    'HISTORY_DB_URL: a process serves this database; stop it first, or name another',
  );
}
