import { Readable } from 'node:stream';
import type { Tracing } from '../../observability/tracing.js';
import { ConnectionPool, type ConnectionOptions } from './connection-pool.js';
import { Exchange, type ResponseHandler } from './exchange.js';
import type { LongBody } from './long-body.js';
import { requestHeaders, type ServerAddress } from './server-address.js';

export interface HttpRequest {
  method: 'GET' | 'POST';
  /** Below the path of the server's address. */
  path: string;
  /** JSON. */
  body?: string | LongBody | undefined;
}

/**
 * Requests to one server, over undici's `Client` and not Node's `http.request`, which takes half as
 * much again for a whole answer. It neither ends a request by itself, nor follows a redirect, nor
 * interprets the response.
 */
export class HttpClient {
  private readonly pool: ConnectionPool;
  private readonly prefix: string;
  private readonly headers: string[];
  private readonly headersWithBody: string[];

  /** @param trace adds the headers by which the server continues a trace; null: there is none */
  constructor(
    address: ServerAddress,
    options: ConnectionOptions,
    private readonly trace: Pick<Tracing, 'addHeaders'> | null = null,
  ) {
    const url = new URL(address.baseUrl);
    this.pool = new ConnectionPool(url.origin, options);
    this.prefix = url.pathname.replace(/\/+$/, '');
    this.headers = ['accept', address.accept, ...requestHeaders(address)];
    this.headersWithBody = [...this.headers, 'content-type', 'application/json'];
  }

  send({ method, path, body }: HttpRequest, handler: ResponseHandler): Exchange {
    const connection = this.pool.acquire();
    const exchange = new Exchange(this.pool, connection, handler);
    const common = { method, path: this.prefix + path };
    if (typeof body === 'object') {
      const headers = [...this.traced(this.headersWithBody), 'content-length', String(body.bytes)];
      connection.client.dispatch({ body: toStream(body), headers, ...common }, exchange);
    } else {
      const headers = this.traced(body === undefined ? this.headers : this.headersWithBody);
      connection.client.dispatch({ body: body ?? null, headers, ...common }, exchange);
    }
    return exchange;
  }

  private traced(headers: string[]): string[] {
    if (!this.trace) return headers;
    const own = [...headers];
    this.trace.addHeaders(own);
    return own;
  }

  /** Closes all connections, idle or in use. */
  close(): void {
    this.pool.close();
  }
}

/** One piece at a time. */
function toStream(body: LongBody): Readable {
  return Readable.from(body.pieces(), { objectMode: false });
}
