import type { CancelSignal } from '../domain/cancellation.js';

export interface RetryOptions {
  /** Further attempts after the first; undefined: as many as there is time for. */
  retries?: number;
  /** No new attempt begins after this many milliseconds. */
  withinMs: number;
  /** Pause before the first retry; doubled for each further one, and jittered. */
  firstDelayMs: number;
  maxDelayMs?: number;
  /** Whether this failure may pass by itself. */
  retryable: (error: unknown) => boolean;
  onRetry?: (error: unknown, attempt: number) => void;
  /** Ends a pause at once; its reason is thrown. */
  signal?: CancelSignal | undefined;
}

/**
 * Repeats `attempt` with growing pauses while its failures may pass by themselves, and throws the
 * last one. Each attempt is given the milliseconds that are left for all.
 */
export async function retry<T>(
  attempt: (leftMs: number) => Promise<T>,
  options: RetryOptions,
): Promise<T> {
  const deadline = performance.now() + options.withinMs;
  for (let count = 1; ; count += 1) {
    try {
      return await attempt(Math.max(1, deadline - performance.now()));
    } catch (error) {
      const leftMs = deadline - performance.now();
      const delayMs = delayAfter(count, leftMs, options);
      if (delayMs >= leftMs || !options.retryable(error)) throw error;
      options.onRetry?.(error, count);
      await pause(delayMs * (0.5 + Math.random() / 2), options.signal);
    }
  }
}

/** Infinite after the last attempt. Where their number is given, all of them have to fit into the time. */
function delayAfter(count: number, leftMs: number, options: RetryOptions): number {
  const { retries = Infinity, firstDelayMs, maxDelayMs = Infinity } = options;
  if (count > retries) return Infinity;
  const delayMs = Math.min(firstDelayMs * 2 ** (count - 1), maxDelayMs);
  return retries === Infinity ? delayMs : Math.min(delayMs, leftMs / (retries - count + 2));
}

/** Rejects with the signal's reason as soon as it is aborted. */
async function pause(delayMs: number, signal?: CancelSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resume, delayMs);
    signal?.addEventListener('abort', resume);
    function resume(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', resume);
      resolve();
    }
  });
  signal?.throwIfAborted();
}
