import type { Dispatcher } from 'undici';
import type { Connection, KeptConnections } from './kept-connections.js';

/** What comes back. After `onEnd`, `onError` or the exchange's `close` nothing is told any more. */
export interface ResponseReader {
  /** There is a connection: the request is being sent. */
  onConnected(): void;
  onStatus(status: number): void;
  onData(chunk: Buffer): void;
  onEnd(): void;
  /**
   * The connection failed and is closed.
   *
   * @param unseen it had carried a request before and nothing was answered to this one: most likely
   * the other side had closed it already.
   */
  onError(error: Error, unseen: boolean): void;
}

const MOST_INFORMATIONAL = 100;

/** A request and its answer, on a connection that is theirs until the answer ends. */
export class Exchange implements Dispatcher.DispatchHandler {
  private reused = false;
  private informational = 0;
  private answered = false;
  private state: 'open' | 'ended' | 'closed' = 'open';

  constructor(
    private readonly connections: KeptConnections,
    private readonly connection: Connection,
    private readonly reader: ResponseReader,
  ) {}

  /** Ends it with its connection, unless the answer has ended; resolves once that is closed. */
  async close(): Promise<void> {
    if (this.state === 'ended') return;
    this.state = 'closed';
    await this.connections.end(this.connection);
  }

  onRequestStart(): void {
    this.reused = this.connection.used;
    this.connection.used = true;
    this.reader.onConnected();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    if (this.state !== 'open') return;
    if (status < 200) {
      this.onInformation();
      return;
    }
    this.answered = true;
    this.reader.onStatus(status);
  }

  /** A few are taken, an endless row of them is not. */
  private onInformation(): void {
    this.informational += 1;
    if (this.informational <= MOST_INFORMATIONAL) return;
    void this.close();
    this.reader.onError(new Error('Too many responses of status 1xx'), false);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.state === 'open') this.reader.onData(chunk);
  }

  onResponseEnd(): void {
    if (this.state !== 'open') return;
    this.state = 'ended';
    this.connections.giveBack(this.connection);
    this.reader.onEnd();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.state !== 'open') return;
    void this.close();
    this.reader.onError(error, this.reused && !this.answered);
  }
}
