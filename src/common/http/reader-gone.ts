import type { Response } from 'express';
import { Cancellation, type CancelSignal } from '../../domain/cancellation.js';

/**
 * Aborts when the client has left before its answer was complete. The request's own `close` never
 * fires once its body is parsed; the response's does.
 */
export function readerGone(response: Response): CancelSignal {
  const gone = new Cancellation();
  const onClose = (): void => {
    if (!response.writableFinished) gone.abort();
  };
  if (response.closed || response.destroyed) onClose();
  else response.once('close', onClose);
  return gone;
}
