import type { Response } from 'express';

/** One limit of a client, as the IETF's headers tell it. */
export interface RateLimitItem {
  readonly name: string;
  readonly limit: number;
  readonly windowSeconds: number;
  readonly remaining: number;
  readonly resetSeconds: number;
}

/**
 * Adds a limit to `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers: quota `q`,
 * window `w`, remaining `r`, seconds until more `t`).
 */
export function addRateLimitItem(response: Response, item: RateLimitItem): void {
  const { name, limit, windowSeconds, remaining, resetSeconds } = item;
  append(response, 'RateLimit-Policy', `"${name}";q=${limit};w=${windowSeconds}`);
  append(response, 'RateLimit', `"${name}";r=${remaining};t=${resetSeconds}`);
}

/** In one line: not every client reads a second one. */
function append(response: Response, header: string, item: string): void {
  const before = response.getHeader(header);
  response.setHeader(header, typeof before === 'string' ? `${before}, ${item}` : item);
}
