import type { Request, RequestHandler } from 'express';
import { AppError } from '../errors/app-error.js';
import { percentDecoded } from '../text/percent-decoded.js';

/**
 * Makes the path what the router expects: a base URL that ends in `/` doubles the slash
 * (`//api/chat`), and a target may be a whole URL. Refuses a path that cannot be decoded
 * (`/api/history/%ff`), on which the router would fail.
 */
export function pathMiddleware(): RequestHandler {
  return (request, _response, next) => {
    const path = pathOf(request);
    if (path.includes('%') && percentDecoded(path) === undefined) {
      next(new AppError('validation', 'Invalid request: the path is not percent-encoded UTF-8'));
      return;
    }
    if (path.includes('//') || !request.url.startsWith('/')) {
      const query = request.url.indexOf('?');
      request.url = path.replace(/\/{2,}/g, '/') + (query < 0 ? '' : request.url.slice(query));
    }
    next();
  };
}

/** The path as it was asked for, without its query. */
export function pathOf(request: Request): string {
  const [target = ''] = request.originalUrl.split('?', 1);
  if (target.startsWith('/')) return target;
  return target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '') || '/';
}
