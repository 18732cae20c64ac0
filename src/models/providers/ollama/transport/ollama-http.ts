import { urlToHttpOptions } from 'node:url';
import { Exchange, type ResponseReader } from './exchange.js';
import { KeptConnections, type ConnectionOptions } from './kept-connections.js';

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

  constructor(baseUrl: string, options: ConnectionOptions) {
    const url = new URL(baseUrl);
    this.connections = new KeptConnections(url.origin, options);
    this.prefix = url.pathname.replace(/\/+$/, '');
    this.headers = [
      ...['accept', 'application/x-ndjson, application/json'],
      ...['user-agent', 'ollama-chat-service'],
      ...authorization(url),
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

/** What the address says of it, as a header. */
function authorization(url: URL): string[] {
  const { auth } = urlToHttpOptions(url);
  return auth ? ['authorization', `Basic ${Buffer.from(auth).toString('base64')}`] : [];
}
