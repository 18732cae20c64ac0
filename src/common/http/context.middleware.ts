import type { RequestHandler } from 'express';
import type { Settings } from '../../config/settings.js';
import { DEFAULT_OWNER } from '../../domain/owner.js';
import type { AppLogger } from '../../observability/app-logger.js';
import { clientAddress, plainAddress } from './client-address.js';
import { ForwardedFor } from './forwarded.js';
import { setRequestContext } from './request-context.js';
import type { RequestIdentity } from './request-guards.js';
import { requestIdFrom, traceIdFrom } from './request-id.js';

/** No owner has this name. It is the owner until the guard has checked a key. */
const NO_OWNER = '';

/**
 * The first middleware: gives each request its context, and each response the request's id and the
 * headers of every API response (no content sniffing, no caching).
 */
export function contextMiddleware(
  api: Settings['api'],
  identity: Pick<RequestIdentity, 'required'>,
  logger: AppLogger,
): RequestHandler {
  const forwarded = new ForwardedFor(api.trustProxy !== false, logger);
  return (request, response, next) => {
    const requestId = requestIdFrom(request.headers['x-request-id']);
    response.setHeader('X-Request-Id', requestId);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Referrer-Policy', 'no-referrer');
    response.setHeader('Cache-Control', 'no-store');
    const address = forwarded.addressOf(request);
    setRequestContext(request, {
      requestId,
      receivedAt: performance.now(),
      traceId: traceIdFrom(request.headers.traceparent),
      ownerId: identity.required ? NO_OWNER : DEFAULT_OWNER,
      clientId: `ip:${clientAddress(address)}`,
      address: plainAddress(address),
      grant: null,
      withdrawn: null,
    });
    next();
  };
}
