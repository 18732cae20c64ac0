import type { IncomingMessage, ServerResponse } from 'node:http';
import { ByteBuffer } from '../../byte-buffer.js';
import { toAppError } from '../../errors/app-error.js';
import { bodyTooLarge, requestAborted, invalidBody } from './body-errors.js';
import type { BodyLimits } from './body-limits.js';
import { isCompressed } from './decompress.js';
import { holdLargeBody } from './large-bodies.js';
import { LargeTextScanner, type TextRange } from './large-text-scanner.js';

/** Whether the headers announce a body. */
export function hasBody({ headers }: IncomingMessage): boolean {
  if (headers['transfer-encoding'] !== undefined) return true;
  return Number(headers['content-length'] ?? 0) > 0;
}

/** The longest pause between two chunks of a body. */
const IDLE_TIMEOUT_MS = 10_000;

/** A body as it was received. */
export interface ReceivedBody {
  bytes: Buffer;
  /** The long texts in it; null if it is no larger than a body without them may be. */
  ranges: readonly TextRange[] | null;
}

/**
 * A request's body, within its limits: a larger `Content-Length` is refused at once. Rejects with an
 * `AppError`; bytes that have not arrived by then are not read.
 */
export async function receiveBody(
  request: IncomingMessage,
  response: ServerResponse,
  limits: BodyLimits,
): Promise<ReceivedBody> {
  const maxBytes = limits.maxBytes + (limits.texts?.maxBytes ?? 0);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw bodyTooLarge(maxBytes);
  // Most bodies arrive together with their head, and are in the stream's buffer.
  if (request.complete && !request.destroyed)
    return { bytes: assertSize(readAll(request), limits.maxBytes), ranges: null };
  if (expectsContinue(request) && request.readableLength === 0) response.writeContinue();
  return new BodyReader(request, response, limits).whole();
}

/** Node 26 gives a chunk at a time, earlier ones give all. */
function readAll(request: IncomingMessage): Buffer {
  const chunks: Buffer[] = [];
  for (let chunk: unknown = request.read(); Buffer.isBuffer(chunk); chunk = request.read()) {
    chunks.push(chunk);
  }
  const [first] = chunks;
  return chunks.length === 1 && first ? first : Buffer.concat(chunks);
}

function assertSize(bytes: Buffer, maxBytes: number): Buffer {
  if (bytes.length > maxBytes) throw bodyTooLarge(maxBytes);
  return bytes;
}

function expectsContinue({ headers, httpVersionMinor }: IncomingMessage): boolean {
  return httpVersionMinor > 0 && /(^|,)\s*100-continue\s*(,|$)/i.test(headers.expect ?? '');
}

/** Reads a body that is still coming. */
class BodyReader {
  private readonly bytes = new ByteBuffer();
  private readonly scanner: LargeTextScanner | null;
  private finish: (failure: Error | null) => void = () => undefined;
  private idleTimer = this.startTimer();
  /** Whether it is larger than a body without long texts, and has its place among such bodies. */
  private isLarge = false;

  constructor(
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly limits: BodyLimits,
  ) {
    this.scanner = scannerFor(request, limits);
  }

  async whole(): Promise<ReceivedBody> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.finish = (failure) => (failure ? reject(failure) : resolve());
        this.listen();
      });
    } finally {
      this.stop();
    }
    const ranges = this.isLarge ? (this.scanner?.ranges ?? null) : null;
    return { bytes: this.bytes.view(), ranges };
  }

  private listen(): void {
    const { request } = this;
    if (request.destroyed) this.finish(requestAborted());
    request.on('data', this.take).on('end', this.end).on('close', this.close);
    // An aborted request emits `close` too.
    request.on('error', () => undefined);
  }

  private readonly take = (chunk: Buffer): void => {
    this.idleTimer.refresh();
    const { maxBytes, texts } = this.limits;
    const length = this.bytes.length + chunk.length;
    try {
      if (length > maxBytes + (texts?.maxBytes ?? 0)) throw bodyTooLarge(maxBytes);
      this.scanner?.feed(chunk);
      this.bytes.append(chunk);
    } catch (error) {
      this.finish(toAppError(error));
      return;
    }
    if (length > maxBytes && !this.isLarge) this.waitForPlace();
  };

  private startTimer(): NodeJS.Timeout {
    return setTimeout(() => this.finish(bodyTimeout()), IDLE_TIMEOUT_MS);
  }

  private waitForPlace(): void {
    this.isLarge = true;
    clearTimeout(this.idleTimer);
    this.request.pause();
    holdLargeBody(this.response).then(
      () => {
        this.idleTimer = this.startTimer();
        this.request.resume();
      },
      (error: unknown) => this.finish(toAppError(error)),
    );
  }

  private readonly end = (): void => this.finish(null);
  private readonly close = (): void => this.finish(requestAborted());

  private stop(): void {
    clearTimeout(this.idleTimer);
    const { request } = this;
    request.off('data', this.take).off('end', this.end).off('close', this.close);
    // Nothing more is read, except to discard it at the end of the response.
    if (!request.complete) request.pause();
  }
}

/** None for a body that is known to be small enough to be parsed as a whole, or is compressed. */
function scannerFor(
  { headers }: IncomingMessage,
  { maxBytes, texts }: BodyLimits,
): LargeTextScanner | null {
  const { 'content-length': length, 'content-encoding': encoding } = headers;
  if (!texts || isCompressed(encoding)) return null;
  if (length !== undefined && Number(length) <= maxBytes) return null;
  return new LargeTextScanner(texts.field, maxBytes);
}

function bodyTimeout(): Error {
  return invalidBody('stopped coming: send it whole, without pauses of more than 10 s');
}
