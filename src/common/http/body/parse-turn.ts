import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';

/** Smaller bodies are parsed and validated in about a millisecond. */
const LARGE_BODY_BYTES = 16 * 1024;

let last: Promise<void> = Promise.resolve();

/**
 * Resolves when a body of this size may be parsed: a small one at once, a large one after a pause
 * since the last large one. To parse and validate 256 KiB of small values takes tens of
 * milliseconds; where many such bodies arrive together, all other requests would wait for all of
 * them. So large bodies get at most half of the event loop's time.
 */
export async function parseTurn(bytes: number): Promise<void> {
  if (bytes <= LARGE_BODY_BYTES) return;
  const turn = last;
  last = turn.then(leaveTimeForOthers);
  await turn;
}

/** Waits as long as the work of this turn of the event loop has taken. */
async function leaveTimeForOthers(): Promise<void> {
  const from = performance.now();
  await nextTurn();
  await delay(performance.now() - from);
}
