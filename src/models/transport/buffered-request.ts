import { ByteBuffer } from '../../common/byte-buffer.js';
import type { Exchange, ResponseHandler } from './exchange.js';
import type { HttpClient, HttpRequest } from './http-client.js';
import { networkFailure } from './network-failure.js';
import { ServerFailure, unusable } from './server-failure.js';
import type { ServerKind } from './server-kind.js';
import type { HttpResponse } from './status-failure.js';

/** A list of twenty thousand models, or one model with all its details. */
const MAX_BYTES = 8 * 1024 * 1024;
const MOST_PIECES = 100_000;

/** A short response as a whole; the caller judges its status. */
export class BufferedRequest implements ResponseHandler {
  private readonly body = new ByteBuffer();
  private exchange: Exchange | undefined;
  private timer: NodeJS.Timeout | undefined;
  private status = 0;
  private pieces = 0;
  private resolve: (response: HttpResponse) => void = () => undefined;
  private reject: (error: Error) => void = () => undefined;

  constructor(
    private readonly server: ServerKind,
    private readonly timeoutMs: number,
  ) {}

  /** Rejects with a ServerFailure, after `timeoutMs` at the latest. */
  run(http: Pick<HttpClient, 'send'>, request: HttpRequest): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      this.timer = setTimeout(
        () => this.fail(new ServerFailure('unavailable', 'No answer in time')),
        this.timeoutMs,
      );
      this.exchange = http.send(request, this);
    });
  }

  onConnected(): void {
    // The time limit for the whole request is running already.
  }

  onStatus(status: number): void {
    this.status = status;
  }

  onData(chunk: Buffer): void {
    this.pieces += 1;
    const tooLong = this.body.length + chunk.length > MAX_BYTES || this.pieces > MOST_PIECES;
    if (tooLong) this.fail(unusable('An answer is too long'));
    else this.body.append(chunk);
  }

  onEnd(): void {
    clearTimeout(this.timer);
    this.resolve({ status: this.status, body: this.body.take() });
  }

  onError(error: Error, unanswered: boolean): void {
    clearTimeout(this.timer);
    this.reject(networkFailure(error, unanswered, this.server));
  }

  private fail(error: Error): void {
    clearTimeout(this.timer);
    this.reject(error);
    void this.exchange?.close();
  }
}
