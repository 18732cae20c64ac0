import type { Socket } from 'node:net';
import type { Response } from 'express';

/** The body of one streamed response, after it has sent the headers. */
export interface BodyWriter {
  begin(headers: Readonly<Record<string, string>>): void;
  /** All writes between the two are sent together. Ending the response uncorks, too. */
  cork(): void;
  uncork(): void;
  /** False when the socket is full: then wait for `onDrain`. */
  write(text: string, bytes: number): boolean;
  onDrain(listener: () => void): void;
  offDrain(listener: () => void): void;
}

/** The cheapest writer if possible, else Node's own. */
export function bodyWriter(response: Response): BodyWriter {
  const { req, socket } = response;
  // A pipelined response has no socket before its turn, and HTTP/1.0 has no chunks.
  const direct = socket && req.httpVersion === '1.1' && req.method !== 'HEAD';
  return direct ? new ChunkWriter(response, socket) : new PlainWriter(response);
}

class PlainWriter implements BodyWriter {
  constructor(private readonly response: Response) {}

  begin(headers: Readonly<Record<string, string>>): void {
    this.response.writeHead(200, headers);
    this.response.flushHeaders();
  }

  cork(): void {
    this.response.cork();
  }

  uncork(): void {
    this.response.uncork();
  }

  write(text: string): boolean {
    return this.response.write(text);
  }

  onDrain(listener: () => void): void {
    this.response.on('drain', listener);
  }

  offDrain(listener: () => void): void {
    this.response.off('drain', listener);
  }
}

/**
 * Writes chunks to the socket in one piece. `response.write` makes four writes of each (length, end
 * of line, data, end of line) and gathers them again, which is half of our own time for a token. The
 * headers say that there are chunks, so `response.end` writes the last one as ever.
 */
class ChunkWriter implements BodyWriter {
  constructor(
    private readonly response: Response,
    private readonly socket: Socket,
  ) {}

  begin(headers: Readonly<Record<string, string>>): void {
    this.response.writeHead(200, { 'Transfer-Encoding': 'chunked', ...headers });
    this.response.flushHeaders();
  }

  cork(): void {
    this.socket.cork();
  }

  uncork(): void {
    this.socket.uncork();
  }

  write(text: string, bytes: number): boolean {
    // As many bytes as characters is ASCII, which needs no encoding.
    const encoding = bytes === text.length ? 'latin1' : 'utf8';
    return this.socket.write(`${bytes.toString(16)}\r\n${text}\r\n`, encoding);
  }

  onDrain(listener: () => void): void {
    this.socket.on('drain', listener);
  }

  offDrain(listener: () => void): void {
    this.socket.off('drain', listener);
  }
}
