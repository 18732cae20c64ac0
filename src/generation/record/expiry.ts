import type { Store } from '../../store/store.js';

const RECORD_RETENTION_MS = 24 * 60 * 60_000;
/**
 * Clocks of nodes may differ by minutes: nothing is removed before it has expired on all of them.
 */
const CLOCK_MARGIN_MS = 10 * 60_000;

/** The time, in epoch milliseconds, by which all agree that it has passed. */
export function agreedNow({ shared }: Pick<Store, 'shared'>): number {
  return Date.now() - (shared ? CLOCK_MARGIN_MS : 0);
}

/** What ended before has had its record, its public id and its idempotency key for a day. */
export function recordsBefore(store: Pick<Store, 'shared'>): number {
  return agreedNow(store) - RECORD_RETENTION_MS;
}
