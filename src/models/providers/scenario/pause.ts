import type { CancelSignal } from '../../../domain/cancellation.js';

/** Waits so many milliseconds, null: forever. Rejects with the signal's reason once it aborts. */
export async function pause(ms: number | null, signal: CancelSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = ms === null ? undefined : setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
  signal.throwIfAborted();
}
