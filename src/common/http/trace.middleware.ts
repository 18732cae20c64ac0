import type { RequestHandler } from 'express';
import type { Tracing } from '../../observability/tracing.js';
import { reasonOf } from '../errors/error-responder.js';
import { MAX_PATH, routeOf, statusOf } from './access-log.middleware.js';
import { pathOf } from './path.middleware.js';
import { requestContext, setRequestContext } from './request-context.js';

/** Follows each request with a span, in whose context all else of it runs. */
export function traceMiddleware(tracing: Tracing): RequestHandler {
  return (request, response, next) => {
    const path = pathOf(request).slice(0, MAX_PATH);
    const span = tracing.request(request.method, path, request.headers);
    setRequestContext(request, { ...requestContext(request), traceId: span.traceId });
    response.once('close', () => {
      span.end({
        route: routeOf(request),
        status: statusOf(response),
        reason: reasonOf(response),
      });
    });
    span.run(() => next());
  };
}
