import cluster from 'node:cluster';
import type { Settings } from '../config/settings.js';
import type { Logger } from '../observability/logger.js';
import type { Store } from '../store/store.js';
import { ClusterLimiter } from './cluster-limiter.js';
import type { Limiter, Limiters } from './limiter.js';
import { MemoryLimiter } from './memory-limiter.js';
import { ResilientLimiter } from './resilient-limiter.js';
import { StoreLimiter } from './store-limiter.js';

/**
 * The limiter of each budget. Generations are counted for all who share the store; requests by each
 * worker for itself, so that a GET writes nothing.
 */
export function createLimiters(settings: Settings, logger: Logger, store: Store): Limiters {
  const { requests, readRequests } = settings.rateLimit;
  const local = new MemoryLimiter(requests);
  const shared = sharedLimiter(settings, store);
  return {
    generations: shared ? new ResilientLimiter(shared, local, logger) : local,
    requests: new MemoryLimiter(readRequests),
  };
}

/** Where others count too: in the store, or between the workers of one host; null: nowhere. */
function sharedLimiter({ api, rateLimit }: Settings, store: Store): Limiter | null {
  if (!rateLimit.enabled) return null;
  if (store.requestCounter) return new StoreLimiter(rateLimit.requests, store.requestCounter);
  return api.workers > 1 && cluster.isWorker ? new ClusterLimiter(rateLimit.requests) : null;
}
