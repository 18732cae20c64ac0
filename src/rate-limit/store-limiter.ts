import type { RequestCounter } from '../store/request-counter.js';
import { WINDOW_SECONDS, type Count, type Limiter } from './limiter.js';

/** Counts in the store, for every worker of every node that works on it. */
export class StoreLimiter implements Limiter {
  constructor(
    readonly limit: number,
    private readonly counter: RequestCounter,
  ) {}

  async consume(client: string, limit = this.limit): Promise<Count> {
    const { count, msLeft } = await this.counter.count(client, WINDOW_SECONDS * 1000);
    return { consumed: count, msLeft, blocked: count > limit };
  }
}
