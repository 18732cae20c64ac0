import type { IncomingMessage, ServerResponse } from 'node:http';
import { ByteBuffer } from '../../byte-buffer.js';
import { bodyTooLarge, requestAborted, invalidBody } from './body-errors.js';

/** Whether the headers announce a body. */
export function hasBody({ headers }: IncomingMessage): boolean {
  if (headers['transfer-encoding'] !== undefined) return true;
  return Number(headers['content-length'] ?? 0) > 0;
}

/** The longest pause between two chunks of a body. */
const IDLE_TIMEOUT_MS = 10_000;

/**
 * The bytes of a request's body, at most `maxBytes`: a larger `Content-Length` is refused at once.
 * Rejects with an `AppError`; bytes that have not arrived by then are not read.
 */
export async function receiveBody(
  request: IncomingMessage,
  response: ServerResponse,
  maxBytes: number,
): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw bodyTooLarge(maxBytes);
  // Most bodies arrive together with their head, and are in the stream's buffer.
  if (request.complete && !request.destroyed) return assertSize(readAll(request), maxBytes);
  if (expectsContinue(request) && request.readableLength === 0) response.writeContinue();
  return new BodyReader(request, maxBytes).whole();
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
  private finish: (failure: Error | null) => void = () => undefined;
  private readonly idleTimer = setTimeout(() => this.finish(bodyTimeout()), IDLE_TIMEOUT_MS);

  constructor(
    private readonly request: IncomingMessage,
    private readonly maxBytes: number,
  ) {}

  async whole(): Promise<Buffer> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.finish = (failure) => (failure ? reject(failure) : resolve());
        this.listen();
      });
    } finally {
      this.stop();
    }
    return this.bytes.view();
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
    if (this.bytes.length + chunk.length > this.maxBytes) this.finish(bodyTooLarge(this.maxBytes));
    else this.bytes.append(chunk);
  };

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

function bodyTimeout(): Error {
  return invalidBody('stopped coming: send it whole, without pauses of more than 10 s');
}
