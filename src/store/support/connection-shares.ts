/**
 * How a worker divides its database connections, so that short work does not wait for long work:
 *
 * - one is for coordination alone (heartbeats, stop requests): it is short and must never be late,
 * - the others serve requests; of these, some are never taken by reads, so that a claim or an end
 *   gets a connection however many conversations are being read.
 *
 * There is at least one connection of each kind.
 */
export interface ConnectionShares {
  /** Connections that serve requests. */
  readonly requests: number;
  /** Maximum of these that may read at once. */
  readonly reads: number;
  /** Connections that only coordination uses. */
  readonly coordination: number;
}

/** @param connections what HISTORY_DB_POOL allows a worker, at least 1 */
export function shareConnections(connections: number): ConnectionShares {
  const requests = Math.max(1, connections - 1);
  const reservedForWrites = Math.ceil(requests / 4);
  return { requests, reads: Math.max(1, requests - reservedForWrites), coordination: 1 };
}
