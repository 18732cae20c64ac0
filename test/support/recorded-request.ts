import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

/** How a request ended: the answer was taken whole, the client left early, or the script broke it. */
export type RequestEnd = 'answered' | 'client_left' | 'broken';

/** A request as the scripted Ollama saw it. */
export class RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly receivedAt = performance.now();
  /** When its connection or its answer ended, on the clock of `performance.now()`. */
  closedAt: number | undefined;
  /** Resolves once it has ended, with how. */
  readonly closed: Promise<RequestEnd>;
  /** Set by the script before it breaks the connection itself. */
  broken = false;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    readonly bodyText: string,
  ) {
    this.method = request.method ?? '';
    this.path = request.url ?? '';
    this.headers = request.headers;
    this.closed = new Promise((resolve) => {
      response.once('close', () => {
        this.closedAt = performance.now();
        resolve(this.endOf(response));
      });
    });
  }

  /** The JSON that was sent; tests say in their assertions what they expect in it. */
  get body() {
    return JSON.parse(this.bodyText);
  }

  private endOf(response: ServerResponse): RequestEnd {
    if (this.broken) return 'broken';
    return response.writableFinished ? 'answered' : 'client_left';
  }
}
