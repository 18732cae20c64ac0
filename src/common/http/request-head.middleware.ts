import type { Request, RequestHandler } from 'express';
import type { Settings } from '../../config/settings.js';
import { AppError } from '../errors/app-error.js';
import { isTooFarAhead } from './connection-pipeline.js';
import { HostPolicy } from './host-policy.js';
import type { RequestIdentity } from './request-guards.js';

/** Probes may use any host name. */
const PROBES = /^\/+api\/+health(\/|\?|$)/i;

/**
 * Refuses what cannot be served safely, by the request's head alone: too much sent ahead on the
 * connection, a body whose length two servers could read differently, and a `Host` that is missing,
 * repeated or, if no key is needed, not allowed.
 */
export function requestHeadMiddleware(
  api: Settings['api'],
  identity: Pick<RequestIdentity, 'required'>,
): RequestHandler {
  const hosts = new HostPolicy(api.allowedHosts);
  return (request, response, next) => {
    const unsafe = connectionProblem(request);
    if (unsafe) response.shouldKeepAlive = false;
    next(unsafe ?? (identity.required ? undefined : foreignHost(request, hosts)) ?? undefined);
  };
}

/**
 * Refuses heads after which it is ambiguous where the next request begins, or to which host it
 * belongs.
 */
function connectionProblem(request: Request): AppError | null {
  if (isTooFarAhead(request)) {
    return new AppError(
      'requests_limit',
      'Too many requests were sent ahead on this connection: wait for answers before you send more',
      { retryAfter: 1 },
    );
  }
  const { 'transfer-encoding': coding, host } = request.headers;
  const old = request.httpVersionMajor < 2 && request.httpVersionMinor === 0;
  if (coding !== undefined && (old || coding.trim().toLowerCase() !== 'chunked')) {
    return malformed('Transfer-Encoding must be chunked, in HTTP/1.1, or left out');
  }
  if (host === undefined && !old) return malformed('send a Host header');
  if (host !== undefined && isRepeated(request.rawHeaders))
    return malformed('send one Host header');
  return null;
}

/** Node uses the first of several and ignores the others. */
function isRepeated(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
}

function foreignHost(request: Request, hosts: HostPolicy): AppError | null {
  if (hosts.allows(hostOf(request)) || PROBES.test(request.url)) return null;
  return new AppError(
    'host_not_allowed',
    'The service does not answer to this Host: name it in ALLOWED_HOSTS, or protect the service with API_KEYS',
  );
}

/** A target in absolute form replaces the header (RFC 9112, 3.2.2). */
function hostOf({ url, headers }: Request): string {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url)?.[1];
  return authority?.replace(/^.*@/, '') ?? headers.host ?? '';
}

function malformed(what: string): AppError {
  return new AppError('validation', `The request is malformed: ${what}`);
}
