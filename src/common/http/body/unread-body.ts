import type { Request, RequestHandler, Response } from 'express';
import { notJson } from './body-errors.js';
import type { BodyLimits } from './body-limits.js';
import { expanded } from './expanded-body.js';
import { parseJsonBody } from './json-body.js';
import type { TextRange } from './large-text-scanner.js';
import { liftTexts } from './lift-texts.js';
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
   * `validation`, `body_too_large`, or `queue_full`.
   */
  async read(limits: BodyLimits): Promise<unknown> {
    const { headers } = this.request;
    if (!limits.anyType && !isJson(headers['content-type'])) throw notJson();
    const received = await receiveBody(this.request, this.response, limits);
    const { bytes, ranges } = await expanded(received, headers, limits, this.response);
    if (bytes.length === 0) return undefined;
    if (ranges && limits.texts) return parseWithTexts(bytes, ranges, limits.texts.field, limits);
    await parseTurn(bytes.length);
    return parseJsonBody(bytes, limits.maxValues);
  }
}

async function parseWithTexts(
  bytes: Buffer,
  ranges: readonly TextRange[],
  field: string,
  { maxValues }: BodyLimits,
): Promise<unknown> {
  const { rest, restore } = liftTexts(bytes, ranges);
  await parseTurn(rest.length);
  const value = parseJsonBody(rest, maxValues);
  restore(value, field);
  return value;
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
