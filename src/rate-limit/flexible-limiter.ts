import { RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible';
import type { Count, Limiter } from './limiter.js';

/**
 * A limiter of rate-limiter-flexible, made with a `duration` of `WINDOW_SECONDS`: its stores (the
 * cluster's primary process, PostgreSQL, MongoDB, …) count for several workers together.
 */
export class FlexibleLimiter implements Limiter {
  constructor(private readonly limiter: RateLimiterAbstract) {}

  get limit(): number {
    return this.limiter.points;
  }

  async consume(client: string, limit = this.limit): Promise<Count> {
    try {
      return toCount(await this.limiter.consume(client), limit);
    } catch (outcome) {
      // The library says no to more than its own limit by rejecting with the state, and counts on; an
      // Error is its store's.
      if (outcome instanceof RateLimiterRes) return toCount(outcome, limit);
      throw outcome;
    }
  }
}

function toCount({ consumedPoints, msBeforeNext }: RateLimiterRes, limit: number): Count {
  const blocked = consumedPoints > limit;
  return { consumed: consumedPoints, msLeft: msBeforeNext, blocked };
}
