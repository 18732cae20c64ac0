import { ByteBuffer } from './byte-buffer.js';
import type { Exchange, ResponseReader } from './exchange.js';
import { networkFailure } from './network-failure.js';
import { nonsense, unreachable } from './ollama-errors.js';
import type { OllamaCall, OllamaHttp } from './ollama-http.js';

/** Twenty thousand models in a list, or one with all that it can say of itself. */
const MAX_BYTES = 8 * 1024 * 1024;
const MOST_PIECES = 100_000;

export interface JsonAnswer {
  status: number;
  body: string;
}

/**
 * A whole, short answer within `timeoutMs`. Rejects with a TransientFailure or AppError
 * `model_unavailable`; statuses are the caller's to judge.
 */
export function readWhole(
  http: Pick<OllamaHttp, 'send'>,
  call: OllamaCall,
  timeoutMs: number,
): Promise<JsonAnswer> {
  return new Promise((resolve, reject) =>
    new JsonCall(resolve, reject, timeoutMs).send(http, call),
  );
}

class JsonCall implements ResponseReader {
  private readonly body = new ByteBuffer();
  private readonly timer: NodeJS.Timeout;
  private exchange: Exchange | undefined;
  private status = 0;
  private pieces = 0;

  constructor(
    private readonly resolve: (answer: JsonAnswer) => void,
    private readonly reject: (error: Error) => void,
    timeoutMs: number,
  ) {
    this.timer = setTimeout(
      () => this.fail(unreachable(new Error('No answer in time'))),
      timeoutMs,
    );
  }

  send(http: Pick<OllamaHttp, 'send'>, call: OllamaCall): void {
    this.exchange = http.send(call, this);
  }

  onConnected(): void {
    // The time for all of it runs already.
  }

  onStatus(status: number): void {
    this.status = status;
  }

  onData(chunk: Buffer): void {
    this.pieces += 1;
    const tooLong = this.body.length + chunk.length > MAX_BYTES || this.pieces > MOST_PIECES;
    if (tooLong) this.fail(nonsense('An answer is too long'));
    else this.body.append(chunk);
  }

  onEnd(): void {
    clearTimeout(this.timer);
    this.resolve({ status: this.status, body: this.body.take() });
  }

  onError(error: Error, unseen: boolean): void {
    clearTimeout(this.timer);
    this.reject(networkFailure(error, unseen));
  }

  private fail(error: Error): void {
    clearTimeout(this.timer);
    this.reject(error);
    void this.exchange?.close();
  }
}
