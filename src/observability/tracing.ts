import type { IncomingHttpHeaders } from 'node:http';
import type { EndedTurn } from './meter.js';

/** What the span of a request says once its response has ended. */
export interface TracedResponse {
  route: string | undefined;
  status: number;
  /** Of the error that the client was told. */
  reason: string | undefined;
}

/** A span that is not over. */
export interface RequestSpan {
  /** For the log; 32 hexadecimal digits. */
  readonly traceId: string;
  /** Runs what belongs to the request. */
  run(work: () => void): void;
  end(response: TracedResponse): void;
}

/** What a model is asked with; never its text. */
export interface AskedModel {
  provider: string;
  model: string;
  maxTokens: number;
  temperature: number;
  topP: number;
}

/** How the model ended. */
export type TracedAnswer = Pick<EndedTurn, 'usage'> & { finishReason: string };

/** Traces of requests. Where they are off there is no such object. No method throws by itself. */
export abstract class Tracing {
  /** @param target the path, without the query */
  abstract request(method: string, target: string, headers: IncomingHttpHeaders): RequestSpan;

  /** One question to a model. Rejects as `run` does. */
  abstract modelCall<T extends TracedAnswer>(asked: AskedModel, run: () => Promise<T>): Promise<T>;

  /** An operation of the store; without a span where no request is traced. */
  abstract storeOperation<T>(operation: string, run: () => Promise<T>): Promise<T>;

  /** Runs work later as a part of what is traced now. */
  abstract keptContext(): <T>(work: () => T) => T;

  /** Adds the headers by which another server continues the trace: names and values in turn. */
  abstract addHeaders(headers: string[]): void;

  /** Sends what is not sent yet, for some seconds at most. */
  abstract close(): Promise<void>;
}
