import type { ServerResponse } from 'node:http';
import { AppError } from '../../errors/app-error.js';
import { Semaphore } from '../../semaphore.js';

/** Bodies with long texts that are in memory at once: each may be over a hundred megabytes. */
const AT_ONCE = 2;
const MAX_WAIT_MS = 60_000;

const places = new Semaphore(AT_ONCE, {
  afterMs: MAX_WAIT_MS,
  error: () => new AppError('queue_full', 'Too many large requests at once; try again later'),
});

const held = new WeakMap<ServerResponse, () => void>();

/**
 * Resolves when the body of a request may be larger than others, at once if it may be already. Until
 * then it must not be read on. The place is given back with `releaseLargeBody`, at the latest with the
 * end of the response. Rejects with `queue_full`.
 */
export async function holdLargeBody(response: ServerResponse): Promise<void> {
  if (held.has(response)) return;
  await new Promise<void>((resolve, reject) => {
    const untilReleased = (): Promise<void> =>
      new Promise((release) => {
        held.set(response, release);
        response.once('close', release);
        if (response.destroyed) release();
        resolve();
      });
    places.run(untilReleased).catch(reject);
  });
}

/** Call it when what was large is no longer referenced. */
export function releaseLargeBody(response: ServerResponse): void {
  held.get(response)?.();
}
