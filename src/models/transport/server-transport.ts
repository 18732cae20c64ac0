import type { LookupFunction } from 'node:net';
import type { CancelSignal } from '../../domain/cancellation.js';
import type { AppLogger } from '../../observability/app-logger.js';
import type { Tracing } from '../../observability/tracing.js';
import { BufferedRequest } from './buffered-request.js';
import { HttpClient } from './http-client.js';
import { hasMoreValues, parseRecord } from './json.js';
import type { LongTexts } from './long-body.js';
import { runRequest } from './run-request.js';
import type { ServerAddress } from './server-address.js';
import { unusable } from './server-failure.js';
import type { ServerKind } from './server-kind.js';
import { statusFailure } from './status-failure.js';
import { StreamedRequest, type LineParser } from './streamed-request.js';

const CONNECT_TIMEOUT_MS = 5_000;

export interface TransportOptions extends ServerAddress {
  /** Idle timeout: longest wait for the first or the next token, in milliseconds. */
  timeoutMs: number;
  /** Number of retries after a failure before the first byte of the answer. */
  retries: number;
  /** Null or left out: requests are not traced. */
  tracing?: Tracing | null;
}

/** A request whose answer is a stream of lines; the body is sent as JSON. */
export interface StreamRequest {
  path: string;
  body: { model: string };
  /** Long texts that have marks in the body. */
  long?: LongTexts | null;
}

export interface JsonRequest {
  method: 'GET' | 'POST';
  path: string;
  /** Sent as JSON. */
  body?: object;
  timeoutMs: number;
  /** The model of the request; a request without one never fails with `model_not_found`. */
  model?: string;
  /** Whether transient failures are retried. */
  retried?: boolean;
}

/** Requests to one model server, with retries, timeouts, abort and errors. */
export class ServerTransport {
  private readonly http: HttpClient;

  /** @param lookup how host names are resolved; the system's way by default. */
  constructor(
    private readonly server: ServerKind,
    private readonly options: TransportOptions,
    private readonly logger: AppLogger,
    lookup?: LookupFunction,
  ) {
    const connecting = { connectTimeoutMs: CONNECT_TIMEOUT_MS, lookup };
    this.http = new HttpClient(options, connecting, options.tracing);
  }

  /**
   * A POST, each line of the answer given to `parser`. Resolves after the line that the parser
   * marks as the last.
   *
   * @throws AppError `model_unavailable`, `model_not_found`, `model_silent`, `validation` or
   *   `context_exceeded`, what the parser threw, or the signal's reason; the connection is closed
   *   by then.
   */
  stream(request: StreamRequest, parser: LineParser, signal: CancelSignal): Promise<void> {
    const { path } = request;
    const { model } = request.body;
    const { timeoutMs, retries } = this.options;
    const json = JSON.stringify(request.body);
    const body = request.long ? request.long.body(json) : json;
    const attempt = (leftMs: number): Promise<void> => {
      signal.throwIfAborted();
      const limits = { timeoutMs, connectTimeoutMs: Math.min(CONNECT_TIMEOUT_MS, leftMs) };
      const request = new StreamedRequest(parser, this.server, model, limits, signal);
      return request.run(this.http, { method: 'POST', path, body });
    };
    return runRequest(attempt, this.policy(retries, signal));
  }

  /**
   * A short request, its answer read by `read`, which may throw a ServerFailure.
   *
   * @throws AppError `model_unavailable` or, on a 404 that the server itself gave, `model_not_found`.
   */
  json<T>(request: JsonRequest, read: (answer: Record<string, unknown>) => T): Promise<T> {
    const { method, path, timeoutMs, model, retried = false } = request;
    const body = request.body && JSON.stringify(request.body);
    const attempt = async (): Promise<T> => {
      const response = await new BufferedRequest(this.server, timeoutMs).run(this.http, {
        method,
        path,
        body,
      });
      if (response.status !== 200) throw statusFailure(response, this.server, model);
      return read(parseAnswer(response.body));
    };
    return runRequest(attempt, this.policy(retried ? this.options.retries : 0));
  }

  close(): void {
    this.http.close();
  }

  private policy(retries: number, signal?: CancelSignal) {
    const { server, logger } = this;
    return { server, retries, logger, ...(signal && { signal }) };
  }
}

/** Enough for some ten thousand models. */
const MOST_VALUES = 250_000;

function parseAnswer(text: string): Record<string, unknown> {
  if (hasMoreValues(text, MOST_VALUES)) throw unusable('An answer has too many values');
  const answer = parseRecord(text);
  if (answer === null) throw unusable('An answer is not a JSON object');
  return answer;
}
