import {
  createServer,
  IncomingMessage,
  ServerResponse,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
} from 'node:http';
import type { Express } from 'express';
import { ExpressAdapter } from '@nestjs/platform-express';
import { serveOneAtATime } from './connection-pipeline.js';
import { endConnectionUnlessRead, endConnectionWhenStalled } from './edge-response.js';

/** How often Node looks for heads and requests that take too long. */
const LATE_CHECK_MS = 5_000;

type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[];
type Done = () => void;
type Written = (error: Error | null | undefined) => void;

/** Limits of a connection; times are milliseconds. */
export interface ConnectionLimits {
  /** A client that reads nothing of its response for this time is disconnected. */
  readonly stallTimeoutMs: number;
}

/**
 * Nest's Express adapter, on a server that makes requests and responses of Express's own kind.
 *
 * Express gives each request and response its prototype after Node has made it. V8 of Node 20 then
 * shares no hidden class between two requests: every property that Express, Nest or we add makes a
 * new one, and every access to it misses its inline cache, which was half of the time before a
 * handler is reached. Objects that are created with that prototype are not changed.
 *
 * A connection has one request in progress, is closed if a body was not read, and is dropped if its
 * client does not read.
 *
 * Plain HTTP only: a proxy provides TLS.
 */
export class NativeExpressAdapter extends ExpressAdapter {
  constructor(private readonly limits: ConnectionLimits) {
    super();
  }

  override initHttpServer(): void {
    const app = this.getInstance<Express>();
    const { stallTimeoutMs } = this.limits;
    class ExpressRequest extends IncomingMessage {}
    class ExpressResponse extends ServerResponse {
      override writeHead(status: number, reason?: string | Headers, headers?: Headers): this {
        endConnectionUnlessRead(this);
        if (typeof reason === 'string') return super.writeHead(status, reason, headers);
        return super.writeHead(status, reason ?? headers);
      }

      override write(chunk: unknown, encoding?: BufferEncoding | Written, done?: Written): boolean {
        const isTaken =
          typeof encoding === 'string'
            ? super.write(chunk, encoding, done)
            : super.write(chunk, encoding ?? done);
        if (!isTaken) endConnectionWhenStalled(this, stallTimeoutMs);
        return isTaken;
      }

      override end(chunk?: unknown, encoding?: BufferEncoding | Done, done?: Done): this {
        if (typeof encoding === 'string') super.end(chunk, encoding, done);
        else super.end(chunk, encoding ?? done);
        endConnectionWhenStalled(this, stallTimeoutMs);
        return this;
      }
    }
    app.request = prototypeOver(ExpressRequest, app.request);
    app.response = prototypeOver(ExpressResponse, app.response);
    this.httpServer = createServer({
      IncomingMessage: ExpressRequest,
      ServerResponse: ExpressResponse,
      // The edge's own answer to a missing `Host` is JSON.
      requireHostHeader: false,
      connectionsCheckingInterval: LATE_CHECK_MS,
    });
    serveOneAtATime(this.httpServer, app);
  }

  /**
   * Nest would answer a wrong method with 404, before `HttpEdgeModule` can list the allowed ones.
   */
  override setNotFoundHandler(): this {
    return this;
  }
}

/** The prototype of what `made` constructs, with all that `base` has below it. */
function prototypeOver<T extends object>(made: { prototype: object }, base: T): T {
  return Object.setPrototypeOf(made.prototype, base) as T;
}
