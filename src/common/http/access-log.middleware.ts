import type { Request, RequestHandler, Response } from 'express';
import type { LogFields, AppLogger } from '../../observability/app-logger.js';
import type { Meter } from '../../observability/meter.js';
import { reasonOf } from '../errors/error-responder.js';
import { pathOf } from './path.middleware.js';
import { requestContext } from './request-context.js';

/** Probes are frequent: they are logged at debug only. */
const ROUTINE = /^\/api\/health(\/|$)/;
/** Characters of a path that are recorded. */
export const MAX_PATH = 200;
/** Of a request whose client left before its response began, as proxies write it. */
const CLIENT_LEFT = 499;

/**
 * Logs one line per request, when its response has ended or was interrupted; never bodies, queries
 * or headers. The same moment is counted by `meter`.
 */
export function accessLogMiddleware(logger: AppLogger, meter: Meter): RequestHandler {
  return (request, response, next) => {
    const start = requestContext(request).receivedAt;
    const bytesBefore = request.socket.bytesWritten;
    response.once('close', () => {
      const durationMs = performance.now() - start;
      meter.requestServed({
        method: request.method,
        route: routeOf(request),
        status: statusOf(response),
        seconds: durationMs / 1000,
        reason: reasonOf(response),
      });
      const path = pathOf(request);
      const fields = {
        method: request.method,
        path: path.slice(0, MAX_PATH),
        ...describe(request, response),
        duration_ms: Math.round(durationMs * 10) / 10,
        bytes: request.socket.bytesWritten - bytesBefore,
      };
      if (ROUTINE.test(path)) logger.debug('Request served', fields);
      else logger.info('Request served', fields);
    });
    next();
  };
}

function describe(request: Request, response: Response): LogFields {
  const { requestId, traceId, ownerId, clientId } = requestContext(request);
  return {
    route: routeOf(request),
    status: response.statusCode,
    request_id: requestId,
    client: clientId,
    owner: ownerId || undefined,
    trace_id: traceId ?? undefined,
    reason: reasonOf(response),
    conversation_id: response.getHeader('X-Conversation-Id'),
    generation_id: response.getHeader('X-Generation-Id'),
    aborted: response.writableFinished ? undefined : true,
  };
}

/** The status that was sent; 499 where the client left before. */
export function statusOf(response: Response): number {
  return response.headersSent ? response.statusCode : CLIENT_LEFT;
}

/** The pattern that matched, such as `/api/history/:id`. */
export function routeOf(request: Request): string | undefined {
  const route: unknown = request.route;
  if (typeof route !== 'object' || route === null || !('path' in route)) return undefined;
  return typeof route.path === 'string' && route.path.startsWith('/') ? route.path : undefined;
}
