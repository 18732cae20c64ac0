import type { Request, RequestHandler, Response } from 'express';
import { notJson } from './body-errors.js';
import type { BodyLimits } from './body-limits.js';
import { decompress } from './decompress.js';
import { parseJsonBody } from './json-body.js';
import { parseTurn } from './parse-turn.js';
import { hasBody, receiveBody } from './receive-body.js';

/**
 * The value of `request.body` before the body is read. A body is read only when a route needs it:
 * by then the key is checked, the request is counted and the route is known.
 */
export class UnreadBody {
  constructor(
    private readonly request: Request,
    private readonly response: Response,
  ) {}

  /**
   * Its JSON value; undefined for an empty body. Call it only once. Rejects with an `AppError`:
   * `validation`, or `body_too_large`.
   */
  async read({ maxBytes, maxValues }: BodyLimits): Promise<unknown> {
    const { headers } = this.request;
    if (!isJson(headers['content-type'])) throw notJson();
    const received = await receiveBody(this.request, this.response, maxBytes);
    const bytes = await decompress(received, headers['content-encoding'], maxBytes);
    if (bytes.length === 0) return undefined;
    await parseTurn(bytes.length);
    return parseJsonBody(bytes, maxValues);
  }
}

/** Parameters of the type are ignored: the charset is determined from the bytes. */
function isJson(contentType = ''): boolean {
  const [type = ''] = contentType.split(';', 1);
  return type.trim().toLowerCase() === 'application/json';
}

/** Defers the reading of bodies to the routes that need them. */
export function unreadBodyMiddleware(): RequestHandler {
  return (request, response, next) => {
    if (hasBody(request)) request.body = new UnreadBody(request, response);
    next();
  };
}
