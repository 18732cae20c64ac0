import type { ClientRequest, IncomingMessage } from 'node:http';
import { networkFailure, nonsense, unreachable } from './ollama-errors.js';
import { TransientFailure } from './transient-failure.js';

const MAX_BYTES = 32 * 1024 * 1024;

export interface JsonAnswer {
  status: number;
  body: string;
}

/**
 * A whole, short answer within `timeoutMs`. Rejects with a TransientFailure or AppError
 * `model_unavailable`; statuses are the caller's to judge.
 */
export function readWhole(
  request: ClientRequest,
  body: string | undefined,
  timeoutMs: number,
): Promise<JsonAnswer> {
  return new Promise((resolve, reject) => {
    let answered = false;
    const fail = (error: Error) => {
      reject(error);
      request.destroy();
    };
    const onError = (error: Error) =>
      fail(networkFailure(error, request.reusedSocket && !answered));
    const timer = setTimeout(() => fail(unreachable(new Error('No answer in time'))), timeoutMs);
    request.on('error', onError);
    request.on('response', (response) => {
      answered = true;
      response.on('error', onError);
      collect(response, resolve, fail);
    });
    request.on('close', () => {
      clearTimeout(timer);
      reject(new TransientFailure('The connection was closed'));
    });
    request.end(body);
  });
}

function collect(
  response: IncomingMessage,
  onWhole: (answer: JsonAnswer) => void,
  onTooMuch: (error: Error) => void,
): void {
  const parts: Buffer[] = [];
  let size = 0;
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > MAX_BYTES) onTooMuch(nonsense('An answer is too long'));
    else parts.push(chunk);
  });
  response.on('end', () => {
    onWhole({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8') });
  });
}
