import type { Response } from 'express';
import { addRateLimitItem } from '../common/http/rate-limit-items.js';
import type { Budget } from './budget.decorator.js';
import { WINDOW_SECONDS } from './limiter.js';

/** State of a client's budget after a request was counted. */
export interface BudgetState {
  readonly budget: Budget;
  readonly limit: number;
  readonly remaining: number;
  readonly resetSeconds: number;
  readonly blocked: boolean;
}

/** What a budget is called in the headers. */
const NAMES: Record<Budget, string> = { generations: 'generation', requests: 'requests' };

/**
 * Reports to the client where it stands, in the two ways that are read: the IETF's headers, and the
 * older `X-RateLimit-*`, whose reset is in seconds from now too.
 */
export function setRateLimitHeaders(response: Response, state: BudgetState): void {
  const { budget, limit, remaining, resetSeconds } = state;
  // A request that is counted twice has the last state only.
  response.removeHeader('RateLimit-Policy');
  response.removeHeader('RateLimit');
  addRateLimitItem(response, {
    name: NAMES[budget],
    limit,
    windowSeconds: WINDOW_SECONDS,
    remaining,
    resetSeconds,
  });
  response.setHeader('X-RateLimit-Limit', limit);
  response.setHeader('X-RateLimit-Remaining', remaining);
  response.setHeader('X-RateLimit-Reset', resetSeconds);
}
