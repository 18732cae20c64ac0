import type { CancelSignal } from '../../../domain/cancellation.js';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { parseChatLine, type OllamaChatLine } from './chat-line.js';
import { LineSplitter } from './line-splitter.js';
import { brokenOff, errorTextOf, networkFailure, silent } from './ollama-errors.js';
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
  refusal: (status: number, errorText: string | null) => Error;
}

/** Bytes of an error's body that are read; the rest of it is cut off. */
const MAX_ERROR_BYTES = 64 * 1024;
/** How long a server may take to end its response after the last line. */
const LINGER_MS = 1_000;

/**
 * One `POST /api/chat`. It settles once: with the line that says `done`, or with the first failure,
 * and then not before the connection is closed. Every way to an end leads to the request's `close`.
 */
export class ChatAttempt {
  private readonly splitter = new LineSplitter((text) => this.onLine(text));
  private readonly silence: SilenceWatch;
  private connectTimer: NodeJS.Timeout | undefined;
  private lingerTimer: NodeJS.Timeout | undefined;
  private failure: Error | 'aborted' | undefined;
  private responded = false;
  private answerBegun = false;
  private done = false;
  private settled = false;
  private onSettled: () => void = () => undefined;

  constructor(
    private readonly request: ClientRequest,
    private readonly sink: ChatLineSink,
    private readonly limits: AttemptLimits,
    private readonly signal: CancelSignal,
  ) {
    this.silence = new SilenceWatch(limits.timeoutMs, () => this.fail(silent()));
  }

  /** Rejects with an AppError, a TransientFailure, the signal's reason, or what the sink threw. */
  async run(body: string): Promise<void> {
    await new Promise<void>((resolve) => {
      this.onSettled = resolve;
      this.request.once('close', () => {
        this.cleanUp();
        if (!this.settled) this.fail(this.closedError());
        resolve();
      });
      this.listen();
      this.request.end(body);
    });
    if (this.failure === 'aborted') this.signal.throwIfAborted();
    else if (this.failure) throw this.failure;
  }

  private listen(): void {
    this.silence.start();
    this.connectTimer = setTimeout(
      () => this.fail(new TransientFailure('No connection in time')),
      this.limits.connectTimeoutMs,
    );
    this.request.on('socket', (socket) => {
      if (socket.connecting) socket.once('connect', () => clearTimeout(this.connectTimer));
      else clearTimeout(this.connectTimer);
    });
    this.request.on('response', (response) => this.onResponse(response));
    this.request.on('error', (error) => this.fail(this.networkError(error)));
    this.signal.addEventListener('abort', this.onAbort);
  }

  private readonly onAbort = (): void => this.fail('aborted');

  private onResponse(response: IncomingMessage): void {
    response.on('error', (error) => this.fail(this.networkError(error)));
    this.responded = true;
    const status = response.statusCode ?? 0;
    if (status === 200) this.readAnswer(response);
    else this.readRefusal(response, status);
  }

  private readAnswer(response: IncomingMessage): void {
    response.on('data', (chunk: Buffer) => this.onData(chunk));
    response.on('end', () => this.onEnd());
  }

  private onData(chunk: Buffer): void {
    if (this.settled) return;
    this.answerBegun = true;
    this.silence.touch();
    this.take(() => this.splitter.push(chunk));
  }

  private onEnd(): void {
    if (this.settled) return;
    this.take(() => this.splitter.end());
    this.fail(brokenOff(new Error('The answer ended without saying so')));
  }

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
      this.fail(error instanceof Error ? error : new Error('Reading failed', { cause: error }));
    }
  }

  private onLine(text: string): void {
    if (this.done) return;
    const line = parseChatLine(text);
    this.sink.line(line);
    this.done = line.done === true;
  }

  /** The answer is whole. Its response may end in its own time, so that the connection is kept. */
  private finish(): void {
    this.settled = true;
    this.cleanUp();
    this.lingerTimer = setTimeout(() => this.request.destroy(), LINGER_MS);
    this.lingerTimer.unref();
    this.onSettled();
  }

  private readRefusal(response: IncomingMessage, status: number): void {
    const parts: Buffer[] = [];
    let size = 0;
    const refuse = () =>
      this.fail(this.limits.refusal(status, errorTextOf(Buffer.concat(parts).toString('utf8'))));
    response.on('data', (chunk: Buffer) => {
      this.silence.touch();
      size += chunk.length;
      if (size > MAX_ERROR_BYTES) refuse();
      else parts.push(chunk);
    });
    response.on('end', refuse);
  }

  private networkError(error: Error): Error {
    if (this.answerBegun) return brokenOff(error);
    return networkFailure(error, this.request.reusedSocket && !this.responded);
  }

  /** Closed in the middle: Node says so before it says why. */
  private closedError(): Error {
    const message = 'The connection was closed';
    return this.answerBegun ? brokenOff(new Error(message)) : new TransientFailure(message);
  }

  /** The first failure counts; the promise rejects once the connection is closed. */
  private fail(failure: Error | 'aborted'): void {
    if (this.settled) return;
    this.settled = true;
    this.failure = failure;
    this.request.destroy();
  }

  private cleanUp(): void {
    this.silence.stop();
    clearTimeout(this.connectTimer);
    clearTimeout(this.lingerTimer);
    this.signal.removeEventListener('abort', this.onAbort);
  }
}
