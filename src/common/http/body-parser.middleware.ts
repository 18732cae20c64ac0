import { isUtf8 } from 'node:buffer';
import { json, type Request, type RequestHandler } from 'express';
import { AppError } from '../errors/app-error.js';
import { UnusableBody } from '../validation/unusable-body.js';

/** A legal message is 10,000 code points, and escaped (`\ud83d\ude00`) each may take 12 bytes. */
const MAX_BODY_KIB = 256;

/**
 * Reads JSON bodies, any JSON value of at most 256 KiB in UTF-8. A body that cannot be used is left
 * as an `UnusableBody` for the route that asks for it; a request that broke off gets no answer.
 */
export function bodyParserMiddleware(): RequestHandler {
  const parse: RequestHandler = json({
    limit: MAX_BODY_KIB * 1024,
    strict: false,
    verify: assertUtf8,
  });
  return (request, response, next) => {
    const done = (error?: unknown): void => {
      if (typeOf(error) === 'request.aborted') return;
      if (error !== undefined) request.body = new UnusableBody(bodyError(error));
      else if (request.body === undefined && hasContent(request)) request.body = notJson();
      next();
    };
    try {
      parse(request, response, done);
    } catch (error) {
      done(error);
    }
  };
}

/** Decoding would turn bad bytes into U+FFFD without a word. */
function assertUtf8(_request: unknown, _response: unknown, body: Buffer, encoding: string): void {
  if (encoding !== 'utf-8') throw invalidBody('must be in UTF-8');
  if (!isUtf8(body)) throw invalidBody('must be valid UTF-8');
}

function hasContent(request: Request): boolean {
  const length = request.headers['content-length'];
  return request.headers['transfer-encoding'] !== undefined || Number(length ?? 0) > 0;
}

function notJson(): UnusableBody {
  return new UnusableBody(
    new AppError('validation', 'The body is not JSON: send Content-Type: application/json', {
      details: [{ field: 'body', message: 'must be sent with Content-Type: application/json' }],
    }),
  );
}

function bodyError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  switch (typeOf(error)) {
    case 'entity.too.large':
      return new AppError('body_too_large', `The body is larger than ${MAX_BODY_KIB} KiB`);
    case 'entity.parse.failed':
      return invalidBody(`must be valid JSON${positionOf(error)}`);
    case 'charset.unsupported':
      return invalidBody('must be in UTF-8');
    case 'encoding.unsupported':
      return invalidBody('must be plain, gzip, deflate or br');
    default:
      return invalidBody('could not be read: check Content-Length and Content-Encoding');
  }
}

function invalidBody(message: string): AppError {
  return new AppError('validation', `Invalid request: the body ${message}`, {
    details: [{ field: 'body', message }],
  });
}

/** V8 says where the parser stopped, beside a piece of the text that must not be repeated. */
function positionOf(error: unknown): string {
  const position = error instanceof Error && /at position (\d+)/.exec(error.message)?.[1];
  return position ? ` (see character ${Number(position) + 1})` : '';
}

function typeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'type' in error ? error.type : undefined;
}
