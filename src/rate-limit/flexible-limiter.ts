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

  async consume(client: string): Promise<Count> {
    try {
      return toCount(await this.limiter.consume(client), false);
    } catch (outcome) {
      // The library says no by rejecting with the state; an Error is its store's.
      if (outcome instanceof RateLimiterRes) return toCount(outcome, true);
      throw outcome;
    }
  }
}

function toCount({ consumedPoints, msBeforeNext }: RateLimiterRes, blocked: boolean): Count {
  return { consumed: consumedPoints, msLeft: msBeforeNext, blocked };
}
