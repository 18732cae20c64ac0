import type { Response } from 'express';
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

/**
 * Reports to the client where it stands, in the two ways that are read: the IETF's `RateLimit` and
 * `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers: quota `q`, window `w`, remaining `r`,
 * seconds until more `t`), and the older `X-RateLimit-*`, whose reset is in seconds from now too.
 */
export function setRateLimitHeaders(response: Response, state: BudgetState): void {
  const { budget, limit, remaining, resetSeconds } = state;
  response.setHeader('RateLimit-Policy', `"${budget}";q=${limit};w=${WINDOW_SECONDS}`);
  response.setHeader('RateLimit', `"${budget}";r=${remaining};t=${resetSeconds}`);
  response.setHeader('X-RateLimit-Limit', limit);
  response.setHeader('X-RateLimit-Remaining', remaining);
  response.setHeader('X-RateLimit-Reset', resetSeconds);
}
