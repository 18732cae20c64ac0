import type { Response } from 'express';
import type { Budget } from './budget.js';
import { WINDOW_SECONDS } from './limiter.js';

/**
 * Tells the client where it stands, in the two ways that are read: the IETF's `RateLimit` and
 * `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers: quota `q`, window `w`, remaining `r`,
 * seconds until more `t`), and the older `X-RateLimit-*`, whose reset is in seconds from now too.
 */
export function setRateLimitHeaders(
  response: Response,
  budget: Budget,
  limit: number,
  remaining: number,
  resetSeconds: number,
): void {
  response.setHeader('RateLimit-Policy', `"${budget}";q=${limit};w=${WINDOW_SECONDS}`);
  response.setHeader('RateLimit', `"${budget}";r=${remaining};t=${resetSeconds}`);
  response.setHeader('X-RateLimit-Limit', limit);
  response.setHeader('X-RateLimit-Remaining', remaining);
  response.setHeader('X-RateLimit-Reset', resetSeconds);
}
