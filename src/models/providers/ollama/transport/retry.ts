import type { CancelSignal } from '../../../../domain/cancellation.js';
import { unreachable } from './ollama-errors.js';
import { TransientFailure } from './transient-failure.js';

export interface RetryPolicy {
  /** Further attempts after the first. */
  retries: number;
  /** All attempts begin within this many milliseconds. */
  withinMs: number;
  /** Pause before the first retry; doubled for each further one, and jittered. */
  firstPauseMs: number;
  /** It was answered after all: the last failure before that, and the retries that it took. */
  onRecovery?: (failure: TransientFailure, retries: number) => void;
}

/**
 * Repeats `attempt` while it fails with a TransientFailure. Each attempt is told how many
 * milliseconds are left for all. Once they or the attempts are used up: AppError
 * `model_unavailable`. Any other failure, and the signal's reason, are given on at once.
 */
export async function withRetries<T>(
  attempt: (leftMs: number) => Promise<T>,
  policy: RetryPolicy,
  signal?: CancelSignal,
): Promise<T> {
  const deadline = performance.now() + policy.withinMs;
  const leftMs = () => Math.max(1, deadline - performance.now());
  let staleAllowed = true;
  let failure: TransientFailure | undefined;
  for (let retried = 0; ;) {
    try {
      const result = await attempt(leftMs());
      if (failure) policy.onRecovery?.(failure, retried);
      return result;
    } catch (error) {
      if (!(error instanceof TransientFailure)) throw error;
      if (error.staleSocket && staleAllowed) {
        staleAllowed = false;
        continue;
      }
      if (retried >= policy.retries || performance.now() >= deadline) throw unreachable(error);
      failure = error;
      await pause(backoffMs(retried, policy, leftMs()), signal);
      retried += 1;
    }
  }
}

/** Never so long that a later attempt would fall out of the time for all. */
function backoffMs(retried: number, policy: RetryPolicy, leftMs: number): number {
  const share = leftMs / (policy.retries - retried + 1);
  return Math.min(policy.firstPauseMs * 2 ** retried, share) * (0.5 + Math.random() / 2);
}

/** Waits; rejects with the signal's reason as soon as it is aborted. */
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
