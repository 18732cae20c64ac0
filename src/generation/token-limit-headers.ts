import type { Response } from 'express';
import { addRateLimitItem } from '../common/http/rate-limit-items.js';
import { remainingOf, type TokenLimit } from '../domain/token-limits.js';

/** Tells a client where its key stands. */
export function addTokenLimits(response: Response, limits: readonly TokenLimit[]): void {
  const now = Date.now();
  for (const limit of limits) {
    const { name, window } = limit;
    addRateLimitItem(response, {
      name,
      limit: limit.limit,
      windowSeconds: (window.end - window.start) / 1000,
      remaining: remainingOf(limit),
      resetSeconds: secondsUntil(window.end, now),
    });
  }
}

/** At least one. */
export function secondsUntil(time: number, now: number): number {
  return Math.max(1, Math.ceil((time - now) / 1000));
}
