import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import type { AccessGrant } from '../../domain/access-grant.js';
import type { CancelSignal } from '../../domain/cancellation.js';

/** Facts about the client of a request, for all later steps. */
export interface RequestContext {
  /** The `X-Request-Id` of the request if it is valid, else a new one. */
  requestId: string;
  /** When its head had arrived, by this process's own clock in milliseconds (`performance.now()`). */
  receivedAt: number;
  /** Trace id of a `traceparent` header, for the log. */
  traceId: string | null;
  /** The client's address, for an audit; limits count `clientId`. */
  address: string;
  /** The owner of the conversations: the API key's owner, or `default` without keys. */
  ownerId: string;
  /** The client for limits: the API key's name if there are keys, else the address. */
  clientId: string;
  /** What the request's key permits; null without keys. */
  grant: AccessGrant | null;
  /** Aborts when that key is revoked; null where it cannot be. */
  withdrawn: CancelSignal | null;
}

const CONTEXT = Symbol('request context');

type WithContext = Request & { [CONTEXT]?: RequestContext };

export function setRequestContext(request: Request, context: RequestContext): void {
  (request as WithContext)[CONTEXT] = context;
}

/** The context set by the middleware; it is there for every routed request. */
export function requestContext(request: Request): RequestContext {
  const context = (request as WithContext)[CONTEXT];
  if (!context) throw new Error('The request context middleware has not run');
  return context;
}

/** Controller parameter: `@Context() context: RequestContext`. */
export const Context = createParamDecorator((_: unknown, host: ExecutionContext): RequestContext =>
  requestContext(host.switchToHttp().getRequest<Request>()),
);
