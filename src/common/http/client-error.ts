import { randomUUID } from 'node:crypto';
import { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from '../../observability/logger.js';
import { AppError } from '../errors/app-error.js';
import { errorBody } from '../errors/error-response.js';

/** What Node's parser calls its refusals, as sentences. */
const SENTENCES: Record<string, string> = {
  HPE_HEADER_OVERFLOW: 'The headers are too large',
  ERR_HTTP_REQUEST_TIMEOUT: 'The request took too long to arrive',
};

/**
 * Answers what is no HTTP at all, before there is a request: handler of the server's `clientError`.
 * A connection whose answer has begun is cut, since more bytes would read as part of it.
 */
export function clientErrorHandler(
  logger: Logger,
): (error: NodeJS.ErrnoException, socket: Duplex) => void {
  return (error, socket) => {
    logger.debug('A connection sent no valid HTTP', { error_code: error.code });
    if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) {
      socket.destroy();
      return;
    }
    socket.end(rawResponse(SENTENCES[error.code ?? ''] ?? 'The request is not valid HTTP'));
  };
}

/** Node keeps the response in progress there, and looks at the same place for its own handler. */
function isAnswering(socket: Duplex): boolean {
  const message: unknown = Reflect.get(socket, '_httpMessage');
  return message instanceof ServerResponse && message.headersSent;
}

function rawResponse(sentence: string): string {
  const requestId = randomUUID();
  const body = JSON.stringify(errorBody(new AppError('validation', sentence), requestId));
  const head = [
    'HTTP/1.1 400 Bad Request',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
