/**
 * How a worker shares out the connections that it may have to its database, so that nothing waits
 * behind what may take long:
 *
 * - one is for coordination alone (heartbeats, stop requests): it is short and must never be late,
 * - the others serve requests; of these, some are never taken by reads, so that a claim or an end
 *   finds one however many conversations are being read.
 *
 * A worker that may have only one connection has one of each kind all the same.
 */
export interface ConnectionShares {
  /** Connections that serve requests. */
  readonly requests: number;
  /** How many of these may read at once. */
  readonly reads: number;
  /** Connections that only coordination uses. */
  readonly coordination: number;
}

/** @param connections what HISTORY_DB_POOL allows a worker, at least 1 */
export function shareConnections(connections: number): ConnectionShares {
  const requests = Math.max(1, connections - 1);
  const keptForWrites = Math.ceil(requests / 4);
  return { requests, reads: Math.max(1, requests - keptForWrites), coordination: 1 };
}
