import type { Settings } from '../config/settings.js';
import type { Limiters } from './limiter.js';
import { MemoryLimiter } from './memory-limiter.js';

/**
 * The limiter of each budget. Requests are counted by each worker for itself, so that a GET writes
 * nothing; the generations of one process are counted in its memory as well.
 */
export function createLimiters({ rateLimit }: Settings): Limiters {
  return {
    generations: new MemoryLimiter(rateLimit.requests),
    requests: new MemoryLimiter(rateLimit.readRequests),
  };
}
