import { setTimeout as delay } from 'node:timers/promises';

export interface RetryOptions {
  /** No new attempt begins after this many milliseconds. */
  withinMs: number;
  firstDelayMs: number;
  maxDelayMs: number;
  /** Whether this failure may pass by itself. */
  retryable: (error: unknown) => boolean;
  onRetry?: (error: unknown, attempt: number) => void;
}

/** Repeats `attempt` with a doubling, jittered pause while its failures may pass by themselves. */
export async function retry<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const deadline = performance.now() + options.withinMs;
  let pauseMs = options.firstDelayMs;
  for (let count = 1; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!options.retryable(error) || performance.now() + pauseMs > deadline) throw error;
      options.onRetry?.(error, count);
      await delay(pauseMs * (0.5 + Math.random() / 2));
      pauseMs = Math.min(pauseMs * 2, options.maxDelayMs);
    }
  }
}
