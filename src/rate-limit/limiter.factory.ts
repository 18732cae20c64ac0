import cluster from 'node:cluster';
import type { Settings } from '../config/settings.js';
import type { AppLogger } from '../observability/app-logger.js';
import type { RequestCounter } from '../store/request-counter.js';
import type { Store } from '../store/store.js';
import { ClusterLimiter } from './cluster-limiter.js';
import type { Limiter, Limiters } from './limiter.js';
import { MemoryLimiter } from './memory-limiter.js';
import { ResilientLimiter } from './resilient-limiter.js';
import { StoreLimiter } from './store-limiter.js';

/** A store that is slower counts as away; a busy host alone does not make it so. */
const STORE_MS = 500;
/** The primary process hands over every connection: while it is slow, little arrives. */
const PRIMARY_MS = 2000;

export type LimiterSettings = Pick<Settings['rateLimit'], 'enabled' | 'requests' | 'readRequests'> &
  Pick<Settings['api'], 'workers'>;

/**
 * The limiter of each budget. Generations are counted for all who share the store; requests by each
 * worker for itself, so that a GET writes nothing.
 */
export function createLimiters(
  settings: LimiterSettings,
  logger: AppLogger,
  store: Store,
): Limiters {
  return {
    generations: generationLimiter(settings, logger, store.requestCounter),
    requests: new MemoryLimiter(settings.readRequests),
  };
}

/** Counts where others count too: in the store, or in the primary process of one host's workers. */
function generationLimiter(
  { enabled, requests, workers }: LimiterSettings,
  logger: AppLogger,
  counter: RequestCounter | null,
): Limiter {
  const local = new MemoryLimiter(requests);
  if (!enabled) return local;
  if (counter) {
    return new ResilientLimiter(new StoreLimiter(requests, counter), local, logger, STORE_MS);
  }
  if (workers === 1 || !cluster.isWorker) return local;
  return new ResilientLimiter(new ClusterLimiter(requests), local, logger, PRIMARY_MS);
}
