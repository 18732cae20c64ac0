import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { urlToHttpOptions } from 'node:url';

const IDLE_SOCKETS = 64;

/**
 * Kept connections to one server. Nothing here ends a request by itself (Node's client has no hidden
 * limit on the wait for headers), follows a redirect or looks at the answer.
 */
export class OllamaHttp {
  private readonly agent: HttpAgent | HttpsAgent;
  private readonly send: typeof httpRequest;
  private readonly target: RequestOptions;
  private readonly prefix: string;

  /** @param lookup how host names are resolved; the system's way by default. */
  constructor(baseUrl: string, lookup?: LookupFunction) {
    const url = new URL(baseUrl);
    const secure = url.protocol === 'https:';
    const options = {
      keepAlive: true,
      noDelay: true,
      maxFreeSockets: IDLE_SOCKETS,
      ...(lookup && { lookup }),
    };
    this.agent = secure ? new HttpsAgent(options) : new HttpAgent(options);
    this.send = secure ? httpsRequest : httpRequest;
    const { protocol, hostname, port, auth } = urlToHttpOptions(url);
    // What is there, and no more: every request reads through all of it.
    this.target = { protocol, hostname, port, ...(auth && { auth }) };
    this.prefix = url.pathname.replace(/\/+$/, '');
  }

  /** A request whose body still has to be given with `end(body)`. */
  open(method: 'GET' | 'POST', path: string, body?: string): ClientRequest {
    const headers = {
      accept: 'application/x-ndjson, application/json',
      'user-agent': 'ollama-chat-service',
      ...(body !== undefined && {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      }),
    };
    return this.send({
      method,
      path: this.prefix + path,
      headers,
      agent: this.agent,
      ...this.target,
    });
  }

  /** Closes the idle connections, and those in use. */
  close(): void {
    this.agent.destroy();
  }
}
