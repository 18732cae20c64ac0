import type { RequestHandler } from 'express';
import { AppError } from '../errors/app-error.js';
import { pathOf } from './access-log.middleware.js';

/** Refuses a path that cannot be decoded (`/api/history/%ff`), before the router trips over it. */
export function validPathMiddleware(): RequestHandler {
  return (request, _response, next) => {
    if (isDecodable(pathOf(request))) next();
    else next(new AppError('validation', 'Invalid request: the path is not percent-encoded UTF-8'));
  };
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
