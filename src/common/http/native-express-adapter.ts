import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Express } from 'express';
import { ExpressAdapter } from '@nestjs/platform-express';

/**
 * Nest's Express adapter, on a server that makes requests and responses of Express's own kind.
 *
 * Express gives each request and response its prototype after Node has made it. V8 of Node 20 then
 * shares no hidden class between two requests: every property that Express, Nest or we add makes a
 * new one, and every access to it misses its inline cache, which was half of the time before a
 * handler is reached. Objects that are born with that prototype are left as they are.
 *
 * Plain HTTP only: TLS is the proxy's.
 */
export class NativeExpressAdapter extends ExpressAdapter {
  override initHttpServer(): void {
    const app = this.getInstance<Express>();
    class ExpressRequest extends IncomingMessage {}
    class ExpressResponse extends ServerResponse {}
    app.request = prototypeOver(ExpressRequest, app.request);
    app.response = prototypeOver(ExpressResponse, app.response);
    this.httpServer = createServer(
      { IncomingMessage: ExpressRequest, ServerResponse: ExpressResponse },
      app,
    );
  }
}

/** The prototype of what `made` constructs, with all that `base` has below it. */
function prototypeOver<T extends object>(made: { prototype: object }, base: T): T {
  return Object.setPrototypeOf(made.prototype, base) as T;
}
