import type { CancelSignal } from '../../domain/cancellation.js';
import { ByteBuffer } from '../../common/byte-buffer.js';
import type { Exchange, ResponseHandler } from './exchange.js';
import type { HttpClient, HttpRequest } from './http-client.js';
import { IdleTimer } from './idle-timer.js';
import { LineSplitter } from './line-splitter.js';
import { modelSilent } from '../model-errors.js';
import { networkFailure } from './network-failure.js';
import { ServerFailure, unusable } from './server-failure.js';
import type { ServerKind } from './server-kind.js';
import { statusFailure } from './status-failure.js';

/**
 * Kind of a line: content of the answer, no content although the model works, nothing at all (a comment:
 * the model is as silent as without it), or the answer's end.
 */
export type LineMeaning = 'content' | 'empty' | 'silence' | 'last';

/** Parses the lines of one answer; called without a promise or an object per line. */
export interface LineParser {
  /**
   * One line that is not blank, and none after the last.
   *
   * @throws ServerFailure `unusable` or `interrupted`, which ends the request, as any other error does
   */
  line(text: string): LineMeaning;
  /**
   * Whether the answer is whole, although its last line may still come: however the response ends from
   * here on, the answer is complete. Left out: only the last line ends an answer.
   */
  isWhole?(): boolean;
  /** All lines that arrived together have been parsed. */
  flush(): void;
}

export interface StreamLimits {
  /** Idle timeout, in milliseconds. */
  timeoutMs: number;
  /** Longest wait for a connection, in milliseconds. */
  connectTimeoutMs: number;
}

/** Bytes of an error's body that are read; the rest of it is cut off. */
const MAX_ERROR_BYTES = 64 * 1024;
const MOST_EXTRA_BYTES = 64 * 1024;
/**
 * Maximum of consecutive empty lines. The lines of a thinking model are not empty: they have its
 * thoughts.
 */
const MOST_EMPTY_LINES = 20_000;
/** How long a server may take to end its response after the last line, or to send that line. */
const LINGER_MS = 1_000;

/**
 * One attempt of a request whose answer is a stream of lines. Its promise settles once: after the
 * line that the parser marks as the last, or with the first failure, after the connection is
 * closed.
 */
export class StreamedRequest implements ResponseHandler {
  private readonly splitter = new LineSplitter((text) => this.onLine(text));
  private readonly idle: IdleTimer;
  private exchange: Exchange | undefined;
  private connectTimer: NodeJS.Timeout | undefined;
  private lingerTimer: NodeJS.Timeout | undefined;
  private lastLineTimer: NodeJS.Timeout | undefined;
  /** Status and body of a response that is an error, while it is read. */
  private refused: { status: number; body: ByteBuffer } | undefined;
  private answerBegun = false;
  private lines = 0;
  private emptyLines = 0;
  private extraBytes = 0;
  private done = false;
  private settled = false;
  private resolve: () => void = () => undefined;
  private reject: (reason: unknown) => void = () => undefined;

  /** @param model the model that the request names */
  constructor(
    private readonly parser: LineParser,
    private readonly server: ServerKind,
    private readonly model: string,
    private readonly limits: StreamLimits,
    private readonly signal: CancelSignal,
  ) {
    this.idle = new IdleTimer(limits.timeoutMs, () => {
      if (!this.finishIfWhole()) this.fail(modelSilent());
    });
  }

  /** Rejects with an AppError, a ServerFailure, the signal's reason, or what the parser threw. */
  run(http: Pick<HttpClient, 'send'>, request: HttpRequest): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      this.idle.start();
      this.connectTimer = setTimeout(
        () => this.fail(new ServerFailure('transient', 'No connection in time')),
        this.limits.connectTimeoutMs,
      );
      this.signal.addEventListener('abort', this.onAbort);
      this.exchange = http.send(request, this);
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
    this.parse(() => this.splitter.push(chunk));
    // Bytes without a complete line, and comments, do not reset the idle timer: a server may send them
    // forever.
    if (this.lines > lines) this.idle.touch();
  }

  onEnd(): void {
    clearTimeout(this.lingerTimer);
    if (this.settled) return;
    if (this.refused) {
      this.fail(this.refusal(this.refused));
      return;
    }
    if (this.finishIfWhole()) return;
    this.parse(() => this.splitter.end());
    this.fail(new ServerFailure('interrupted', 'The answer ended without its last line'));
  }

  onError(error: Error, unanswered: boolean): void {
    if (this.finishIfWhole()) return;
    this.fail(
      this.answerBegun
        ? new ServerFailure('interrupted', 'The connection failed', { cause: error })
        : networkFailure(error, unanswered, this.server),
    );
  }

  private readonly onAbort = (): void => this.fail(this.signal.reason);

  /** An error while lines are read ends the request, after the lines before it. */
  private parse(read: () => void): void {
    try {
      try {
        read();
      } finally {
        this.parser.flush();
      }
      if (this.done) this.finish();
      else if (this.isWhole()) this.awaitLastLine();
    } catch (error) {
      this.fail(error);
    }
  }

  private onLine(text: string): void {
    if (this.done) return;
    const meaning = this.parser.line(text);
    if (meaning !== 'silence') this.lines += 1;
    this.done = meaning === 'last';
    this.emptyLines = meaning === 'content' ? 0 : this.emptyLines + 1;
    if (this.emptyLines > MOST_EMPTY_LINES) throw unusable('There are too many lines without text');
  }

  private isWhole(): boolean {
    return this.parser.isWhole?.() ?? false;
  }

  private finishIfWhole(): boolean {
    if (this.settled || !this.isWhole()) return false;
    this.finish();
    return true;
  }

  /** Of a whole answer; it is not missed. */
  private awaitLastLine(): void {
    this.lastLineTimer ??= setTimeout(() => this.finishIfWhole(), LINGER_MS);
  }

  /** The answer is complete. Its response may end in its own time, so that the connection is reused. */
  private finish(): void {
    this.settled = true;
    this.cleanUp();
    this.lingerTimer = setTimeout(() => void this.exchange?.close(), LINGER_MS);
    this.lingerTimer.unref();
    this.resolve();
  }

  /** Few bytes may follow the last line; a connection with more is not reused. */
  private onExtraData(chunk: Buffer): void {
    this.extraBytes += chunk.length;
    if (this.extraBytes > MOST_EXTRA_BYTES) void this.exchange?.close();
  }

  private readRefusal(refused: NonNullable<typeof this.refused>, chunk: Buffer): void {
    if (refused.body.length + chunk.length > MAX_ERROR_BYTES) this.fail(this.refusal(refused));
    else refused.body.append(chunk);
  }

  private refusal({ status, body }: NonNullable<typeof this.refused>): Error {
    return statusFailure({ status, body: body.take() }, this.server, this.model);
  }

  /** The first failure counts; the promise rejects once the connection is closed. */
  private fail(reason: unknown): void {
    if (this.settled) return;
    this.settled = true;
    this.cleanUp();
    const closed = this.exchange?.close() ?? Promise.resolve();
    void closed.then(() => this.reject(reason));
  }

  private cleanUp(): void {
    this.idle.stop();
    clearTimeout(this.connectTimer);
    clearTimeout(this.lastLineTimer);
    this.signal.removeEventListener('abort', this.onAbort);
  }
}
