import { RateLimiterCluster, RateLimiterClusterMaster } from 'rate-limiter-flexible';
import { FlexibleLimiter } from './flexible-limiter.js';
import { WINDOW_SECONDS, type Count, type Limiter } from './limiter.js';

/** After it the library drops a request; `ResilientLimiter` has stopped waiting by then. */
const DROP_AFTER_MS = 10_000;

/** Lets the primary process count for its workers. To be called before the first is started. */
export function countForWorkers(): void {
  new RateLimiterClusterMaster();
}

/** Counts in the primary process, for all workers of this host. Only for a worker. */
export class ClusterLimiter implements Limiter {
  private readonly shared: FlexibleLimiter;

  /** @param counted - what is counted: names of clients are apart for each */
  constructor(
    readonly limit: number,
    counted: 'generations' | 'refusals',
  ) {
    const options = { points: limit, duration: WINDOW_SECONDS, keyPrefix: counted };
    this.shared = new FlexibleLimiter(
      new RateLimiterCluster({ ...options, timeoutMs: DROP_AFTER_MS }),
    );
  }

  consume(client: string, limit = this.limit): Promise<Count> {
    // A message to an exited process would cause an error that cannot be caught.
    if (!process.connected) return Promise.reject(new Error('The primary process has exited'));
    return this.shared.consume(client, limit);
  }
}
