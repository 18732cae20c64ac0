import { isBusy } from './sqlite-errors.js';

/** How a statement waits for other processes that write. */
export function busyRetries(withinMs: number) {
  return { withinMs, firstDelayMs: 5, maxDelayMs: 80, retryable: isBusy };
}
