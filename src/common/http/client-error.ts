import { randomUUID } from 'node:crypto';
import { ServerResponse, STATUS_CODES } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Settings } from '../../config/settings.js';
import type { AppLogger } from '../../observability/app-logger.js';
import { AppError } from '../errors/app-error.js';
import { errorBody } from '../errors/error-response.js';
import { methodNotAllowed } from '../errors/http-error.js';
import { pipelineOf } from './connection-pipeline.js';
import { closeLingering } from './lingering-close.js';

/** Sentences for the error codes of Node's parser. */
const SENTENCES: Record<string, string> = {
  HPE_HEADER_OVERFLOW: 'The headers are too large',
  ERR_HTTP_REQUEST_TIMEOUT: 'The request took too long to arrive',
};

/** Answers errors that never become a request for Express: handlers of the server's events. */
export class ClientErrors {
  private readonly corsHeaders: readonly string[];

  constructor(
    private readonly api: Settings['api'],
    private readonly logger: AppLogger,
  ) {
    // The request's origin is not known here: either pages of every origin may read it or of none.
    this.corsHeaders =
      api.corsOrigins === '*' ? ['Access-Control-Allow-Origin: *'] : ['Vary: Origin'];
  }

  /**
   * Handler of `clientError`: invalid HTTP. If a response has begun on the connection, it is
   * closed, since more bytes would be read as part of that response.
   */
  readonly onClientError = (error: NodeJS.ErrnoException, socket: Duplex): void => {
    if (isIgnored(error, socket)) return;
    if (isLate(error) && socket instanceof Socket && socket.bytesRead === 0) {
      // A connection that a browser or a load balancer has opened in advance is idle like any
      // other.
      socket.setTimeout(this.api.keepAliveMs);
      return;
    }
    this.logger.debug('A connection sent no valid HTTP', { error_code: error.code });
    if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) {
      socket.destroy();
      return;
    }
    const sentence = SENTENCES[error.code ?? ''] ?? 'The request is not valid HTTP';
    this.refuse(socket, new AppError('validation', sentence));
  };

  /** Handler of `connect`: the service is not a proxy. */
  readonly onConnect = (_request: unknown, socket: Duplex): void => {
    socket.on('error', () => socket.destroy());
    if (pipelineOf(socket)?.busy) socket.destroy();
    else this.refuse(socket, methodNotAllowed());
  };

  private refuse(socket: Duplex, error: AppError): void {
    socket.write(rawResponse(error, this.corsHeaders));
    if (socket instanceof Socket) closeLingering(socket);
    else socket.destroy();
  }
}

/**
 * Errors in later bytes do not affect the response of the current request: bytes after the last
 * accepted request, and an incomplete head of the next one.
 */
function isIgnored(error: NodeJS.ErrnoException, socket: Duplex): boolean {
  const pipeline = pipelineOf(socket);
  if (isLate(error)) return pipeline?.busy === true;
  if (!error.code?.startsWith('HPE_')) return false;
  if (pipeline?.full !== true && error.code !== 'HPE_CLOSED_CONNECTION') return false;
  pipeline?.discard();
  return true;
}

/** A head, or a whole request, took too long. */
function isLate({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ERR_HTTP_REQUEST_TIMEOUT';
}

/** Node keeps the response in progress there, and looks at the same place for its own handler. */
function isAnswering(socket: Duplex): boolean {
  const message: unknown = Reflect.get(socket, '_httpMessage');
  return message instanceof ServerResponse && message.headersSent;
}

function rawResponse(error: AppError, corsHeaders: readonly string[]): string {
  const requestId = randomUUID();
  const body = JSON.stringify(errorBody(error, requestId));
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? ''}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'X-Content-Type-Options: nosniff',
    'Cache-Control: no-store',
    ...corsHeaders,
    'Connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
