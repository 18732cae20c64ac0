import type { ThrottlerStorage } from '@nestjs/throttler';
import type { Budget } from './budget.decorator.js';
import type { Limiters } from './limiter.js';

type ThrottlerRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** The throttler's storage, on one limiter a budget. A throttler's name is its budget's. */
export class BudgetStorage implements ThrottlerStorage {
  constructor(private readonly limiters: Limiters) {}

  /** The window is the limiter's own. Times are whole seconds, rounded up. */
  async increment(
    client: string,
    _ttl: number,
    limit: number,
    _blockDuration: number,
    throttler: string,
  ): Promise<ThrottlerRecord> {
    const limiter = this.limiters[toBudget(throttler)];
    const { consumed, msLeft, blocked } = await limiter.consume(client, limit);
    const seconds = Math.ceil(msLeft / 1000);
    return {
      totalHits: consumed,
      timeToExpire: seconds,
      isBlocked: blocked,
      timeToBlockExpire: blocked ? seconds : 0,
    };
  }
}

function toBudget(throttler: string): Budget {
  return throttler === 'generations' ? 'generations' : 'requests';
}
