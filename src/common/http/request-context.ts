import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

/** Who asks, as every later step sees it. */
export interface RequestContext {
  /** Accepted from `X-Request-Id` where sane, else made here. */
  requestId: string;
  /** Trace id of a `traceparent` header, for the log. */
  traceId: string | null;
  /** Whose conversations these are: the API key's name, or `default` while there are no keys. */
  ownerId: string;
  /** Whom limits count: the API key's owner where there are keys, else the address. */
  clientId: string;
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
