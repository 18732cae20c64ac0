import type { CancelSignal } from '../../../../domain/cancellation.js';
import { parseChatLine, type OllamaChatLine } from './chat-line.js';
import { LineSplitter } from './line-splitter.js';
import { ByteBuffer } from './byte-buffer.js';
import { networkFailure } from './network-failure.js';
import { brokenOff, nonsense, silent } from './ollama-errors.js';
import type { RefusedAnswer } from './status-failure.js';
import type { Exchange, ResponseReader } from './exchange.js';
import type { OllamaHttp } from './ollama-http.js';
import { SilenceWatch } from './silence-watch.js';
import { TransientFailure } from './transient-failure.js';

/** Where the lines of an answer go, without a promise or an object a line. */
export interface ChatLineSink {
  line(line: OllamaChatLine): void;
  /** All lines that arrived together have been given. */
  flush(): void;
}

export interface AttemptLimits {
  /** Longest silence, in milliseconds. */
  timeoutMs: number;
  /** Longest wait for a connection, in milliseconds. */
  connectTimeoutMs: number;
  /** Makes the error of a status other than 200. */
  refusal: (answer: RefusedAnswer) => Error;
}

/** Bytes of an error's body that are read; the rest of it is cut off. */
const MAX_ERROR_BYTES = 64 * 1024;
const MOST_EXTRA_BYTES = 64 * 1024;
/** Lines in a row that say nothing: those of a thinking model hold its thoughts. */
const MOST_EMPTY_LINES = 20_000;
/** How long a server may take to end its response after the last line. */
const LINGER_MS = 1_000;

/**
 * One `POST /api/chat`. It settles once: with the line that says `done`, or with the first failure,
 * and then not before the connection is closed.
 */
export class ChatAttempt implements ResponseReader {
  private readonly splitter = new LineSplitter((text) => this.onLine(text));
  private readonly silence: SilenceWatch;
  private exchange: Exchange | undefined;
  private connectTimer: NodeJS.Timeout | undefined;
  private lingerTimer: NodeJS.Timeout | undefined;
  /** The status and body of an answer that is none, while it is read. */
  private refused: { status: number; body: ByteBuffer } | undefined;
  private answerBegun = false;
  private lines = 0;
  private emptyLines = 0;
  private extraBytes = 0;
  private done = false;
  private settled = false;
  private onSettled: () => void = () => undefined;
  private onFailed: (reason: unknown) => void = () => undefined;

  constructor(
    private readonly sink: ChatLineSink,
    private readonly limits: AttemptLimits,
    private readonly signal: CancelSignal,
  ) {
    this.silence = new SilenceWatch(limits.timeoutMs, () => this.fail(silent()));
  }

  /** Rejects with an AppError, a TransientFailure, the signal's reason, or what the sink threw. */
  run(http: Pick<OllamaHttp, 'send'>, body: string): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.onSettled = resolve;
      this.onFailed = reject;
      this.silence.start();
      this.connectTimer = setTimeout(
        () => this.fail(new TransientFailure('No connection in time')),
        this.limits.connectTimeoutMs,
      );
      this.signal.addEventListener('abort', this.onAbort);
      this.exchange = http.send({ method: 'POST', path: '/api/chat', body }, this);
    });
  }

  onConnected(): void {
    clearTimeout(this.connectTimer);
  }

  onStatus(status: number): void {
    if (status !== 200) this.refused = { status, body: new ByteBuffer() };
  }

  onData(chunk: Buffer): void {
    if (this.settled) {
      this.onExtraData(chunk);
      return;
    }
    if (this.refused) {
      this.readRefusal(this.refused, chunk);
      return;
    }
    this.answerBegun = true;
    const { lines } = this;
    this.take(() => this.splitter.push(chunk));
    // Bytes without a line are silence: a server may send them for ever.
    if (this.lines > lines) this.silence.touch();
  }

  onEnd(): void {
    clearTimeout(this.lingerTimer);
    if (this.settled) return;
    if (this.refused) {
      this.fail(this.refusal(this.refused));
      return;
    }
    this.take(() => this.splitter.end());
    this.fail(brokenOff(new Error('The answer ended without saying so')));
  }

  onError(error: Error, unseen: boolean): void {
    this.fail(this.answerBegun ? brokenOff(error) : networkFailure(error, unseen));
  }

  private readonly onAbort = (): void => this.fail(this.signal.reason);

  /** Whatever goes wrong while lines are read ends the attempt, after the lines before it. */
  private take(read: () => void): void {
    try {
      try {
        read();
      } finally {
        this.sink.flush();
      }
      if (this.done) this.finish();
    } catch (error) {
      this.fail(error);
    }
  }

  private onLine(text: string): void {
    if (this.done) return;
    this.lines += 1;
    const line = parseChatLine(text);
    this.emptyLines = isEmpty(line) ? this.emptyLines + 1 : 0;
    if (this.emptyLines > MOST_EMPTY_LINES) throw nonsense('There are too many lines without text');
    this.sink.line(line);
    this.done = line.done === true;
  }

  /** The answer is whole. Its response may end in its own time, so that the connection is kept. */
  private finish(): void {
    this.settled = true;
    this.cleanUp();
    this.lingerTimer = setTimeout(() => void this.exchange?.close(), LINGER_MS);
    this.lingerTimer.unref();
    this.onSettled();
  }

  /** After the last line there is an end, or a connection that is of no use any more. */
  private onExtraData(chunk: Buffer): void {
    this.extraBytes += chunk.length;
    if (this.extraBytes > MOST_EXTRA_BYTES) void this.exchange?.close();
  }

  private readRefusal(refused: NonNullable<typeof this.refused>, chunk: Buffer): void {
    if (refused.body.length + chunk.length > MAX_ERROR_BYTES) this.fail(this.refusal(refused));
    else refused.body.append(chunk);
  }

  private refusal({ status, body }: NonNullable<typeof this.refused>): Error {
    return this.limits.refusal({ status, body: body.take() });
  }

  /** The first failure counts; the promise rejects once the connection is closed. */
  private fail(reason: unknown): void {
    if (this.settled) return;
    this.settled = true;
    this.cleanUp();
    const closed = this.exchange?.close() ?? Promise.resolve();
    void closed.then(() => this.onFailed(reason));
  }

  private cleanUp(): void {
    this.silence.stop();
    clearTimeout(this.connectTimer);
    this.signal.removeEventListener('abort', this.onAbort);
  }
}

function isEmpty({ message }: OllamaChatLine): boolean {
  return !message?.content && !message?.thinking && !message?.tool_calls;
}
