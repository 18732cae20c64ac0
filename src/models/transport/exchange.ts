import type { Dispatcher } from 'undici';
import type { Connection, ConnectionPool } from './connection-pool.js';

/** Receives a response. Nothing is called after `onEnd`, `onError` or the exchange's `close`. */
export interface ResponseHandler {
  /** There is a connection: the request is being sent. */
  onConnected(): void;
  onStatus(status: number): void;
  onData(chunk: Buffer): void;
  onEnd(): void;
  /**
   * The connection failed and is closed.
   *
   * @param unanswered the connection was reused and this request got no response: most likely the
   *   server had already closed it.
   */
  onError(error: Error, unanswered: boolean): void;
}

const MOST_INFORMATIONAL = 100;

/** A request and its response, on a connection of their own until the response ends. */
export class Exchange implements Dispatcher.DispatchHandler {
  private reused = false;
  private informational = 0;
  private answered = false;
  private state: 'open' | 'ended' | 'closed' = 'open';

  constructor(
    private readonly pool: ConnectionPool,
    private readonly connection: Connection,
    private readonly handler: ResponseHandler,
  ) {}

  /** Aborts it and closes its connection, unless the response has ended; resolves once that is closed. */
  async close(): Promise<void> {
    if (this.state === 'ended') return;
    this.state = 'closed';
    await this.pool.destroy(this.connection);
  }

  onRequestStart(): void {
    this.reused = this.connection.used;
    this.connection.used = true;
    this.handler.onConnected();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    if (this.state !== 'open') return;
    if (status < 200) {
      this.onInformation();
      return;
    }
    this.answered = true;
    this.handler.onStatus(status);
  }

  /** A few are accepted, an endless sequence is not. */
  private onInformation(): void {
    this.informational += 1;
    if (this.informational <= MOST_INFORMATIONAL) return;
    void this.close();
    this.handler.onError(new Error('Too many responses of status 1xx'), false);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.state === 'open') this.handler.onData(chunk);
  }

  onResponseEnd(): void {
    if (this.state !== 'open') return;
    this.state = 'ended';
    this.pool.release(this.connection);
    this.handler.onEnd();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.state !== 'open') return;
    void this.close();
    this.handler.onError(error, this.reused && !this.answered);
  }
}
