import type { Response } from 'express';
import { Cancellation, type CancelSignal } from '../../domain/cancellation.js';

/**
 * Aborts when the client disconnects before its response is complete. The request's own `close`
 * never fires once its body is parsed; the response's does.
 *
 * @param withdrawn aborts it too
 */
export function clientDisconnect(
  response: Response,
  withdrawn: CancelSignal | null = null,
): CancelSignal {
  const signal = new Cancellation();
  const onClose = (): void => {
    if (!response.writableFinished) signal.abort();
  };
  if (response.closed || response.destroyed) onClose();
  else response.once('close', onClose);
  if (withdrawn) abortWith(signal, withdrawn, response);
  return signal;
}

function abortWith(signal: Cancellation, other: CancelSignal, response: Response): void {
  const abort = (): void => signal.abort();
  other.addEventListener('abort', abort);
  response.once('close', () => other.removeEventListener('abort', abort));
  if (other.aborted) abort();
}
