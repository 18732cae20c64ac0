import type { RequestHandler } from 'express';

/** What every answer of an API wants: nothing guessed from its bytes, nothing kept by a cache. */
export function defaultHeadersMiddleware(): RequestHandler {
  return (_request, response, next) => {
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Referrer-Policy', 'no-referrer');
    response.setHeader('Cache-Control', 'no-store');
    next();
  };
}
