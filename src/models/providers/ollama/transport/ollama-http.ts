import { Exchange, type ResponseReader } from './exchange.js';
import { KeptConnections, type ConnectionOptions } from './kept-connections.js';
import { requestHeaders, type OllamaAddress } from './request-headers.js';

export interface OllamaCall {
  method: 'GET' | 'POST';
  path: string;
  /** JSON. */
  body?: string | undefined;
}

/**
 * Requests to one server, over undici's `Client` and not Node's `http.request`, which takes half as
 * much again for a whole answer. Nothing here ends a request by itself, follows a redirect or looks
 * at the answer.
 */
export class OllamaHttp {
  private readonly connections: KeptConnections;
  private readonly prefix: string;
  private readonly headers: string[];
  private readonly headersOfJson: string[];

  constructor(address: OllamaAddress, options: ConnectionOptions) {
    const url = new URL(address.baseUrl);
    this.connections = new KeptConnections(url.origin, options);
    this.prefix = url.pathname.replace(/\/+$/, '');
    this.headers = [
      ...['accept', 'application/x-ndjson, application/json'],
      ...requestHeaders(address),
    ];
    this.headersOfJson = [...this.headers, 'content-type', 'application/json'];
  }

  send({ method, path, body }: OllamaCall, reader: ResponseReader): Exchange {
    const connection = this.connections.take();
    const exchange = new Exchange(this.connections, connection, reader);
    const headers = body === undefined ? this.headers : this.headersOfJson;
    connection.client.dispatch(
      { method, path: this.prefix + path, body: body ?? null, headers },
      exchange,
    );
    return exchange;
  }

  /** Closes the idle connections, and those in use. */
  close(): void {
    this.connections.close();
  }
}
