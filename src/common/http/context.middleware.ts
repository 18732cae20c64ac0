import type { RequestHandler } from 'express';
import type { Settings } from '../../config/settings.js';
import type { Logger } from '../../observability/logger.js';
import { clientAddress, isPrivateAddress } from './client-address.js';
import { setRequestContext } from './request-context.js';
import { requestIdFrom, traceIdFrom } from './request-id.js';

/** Owner of everything while there are no API keys. */
export const DEFAULT_OWNER = 'default';

/** Nobody: no key can have this name. Until the guard has seen a key, nothing is theirs. */
const NO_OWNER = '';

/** First of all: gives each request its context, and each response the request's id. */
export function contextMiddleware(api: Settings['api'], logger: Logger): RequestHandler {
  const ownerId = api.keys.length > 0 ? NO_OWNER : DEFAULT_OWNER;
  const checkForwarding = forwardingCheck(api.trustProxy, logger);
  return (request, response, next) => {
    const requestId = requestIdFrom(request.headers['x-request-id']);
    response.setHeader('X-Request-Id', requestId);
    setRequestContext(request, {
      requestId,
      traceId: traceIdFrom(request.headers.traceparent),
      ownerId,
      clientId: `ip:${clientAddress(request.ip)}`,
    });
    checkForwarding(request.socket.remoteAddress, request.headers['x-forwarded-for']);
    next();
  };
}

/** Warns once when a proxy seems to stand before us unannounced: then all its users are one client. */
function forwardingCheck(
  trustProxy: Settings['api']['trustProxy'],
  logger: Logger,
): (peer: string | undefined, forwardedFor: string | string[] | undefined) => void {
  let watching = trustProxy === false;
  return (peer, forwardedFor) => {
    if (!watching || forwardedFor === undefined || !isPrivateAddress(peer)) return;
    watching = false;
    logger.warn(
      'A private peer sends X-Forwarded-For but TRUST_PROXY is not set: all users behind it share one rate limit',
      { peer },
    );
  };
}
