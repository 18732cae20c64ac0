import cluster from 'node:cluster';
import type { OncePerMinute } from '../common/http/request-guards.js';
import type { Settings } from '../config/settings.js';
import type { AppLogger } from '../observability/app-logger.js';
import type { RequestCounter } from '../store/request-counter.js';
import type { Store } from '../store/store.js';
import { ClusterLimiter } from './cluster-limiter.js';
import type { Limiter, Limiters } from './limiter.js';
import { MemoryLimiter } from './memory-limiter.js';
import { ResilientLimiter } from './resilient-limiter.js';
import { StoreLimiter } from './store-limiter.js';

/** A slower store counts as unavailable; a busy host alone is not so slow. */
const STORE_MS = 500;
/** The primary process distributes all connections: while it is slow, few requests arrive. */
const PRIMARY_MS = 2000;

export type LimiterSettings = Pick<Settings['rateLimit'], 'enabled' | 'requests' | 'readRequests'> &
  Pick<Settings['api'], 'workers'>;

/**
 * The limiter of each budget. Generations are counted for all processes that share the store, other
 * requests by each worker, so that a GET writes nothing.
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

/** Counts for several processes: in the store, or in the primary process of one host's workers. */
function generationLimiter(
  { enabled, requests, workers }: LimiterSettings,
  logger: AppLogger,
  counter: RequestCounter | null,
): Limiter {
  if (!enabled) return new MemoryLimiter(requests);
  if (counter) {
    const local = new MemoryLimiter(requests);
    return new ResilientLimiter(new StoreLimiter(requests, counter), local, logger, STORE_MS);
  }
  return forWorkers('generations', { limit: requests, workers }, logger);
}

/** One a minute of what a client repeats, counted by the primary process where there is one. */
export function createOncePerMinute(workers: number, logger: AppLogger): OncePerMinute {
  const limiter = forWorkers('refusals', { limit: 1, workers }, logger);
  return { isDue: async (client) => !(await limiter.consume(client)).blocked };
}

/** Counts in the primary process, if this is one of several workers. */
function forWorkers(
  counted: 'generations' | 'refusals',
  { limit, workers }: { limit: number; workers: number },
  logger: AppLogger,
): Limiter {
  const local = new MemoryLimiter(limit);
  if (workers === 1 || !cluster.isWorker) return local;
  return new ResilientLimiter(new ClusterLimiter(limit, counted), local, logger, PRIMARY_MS);
}
