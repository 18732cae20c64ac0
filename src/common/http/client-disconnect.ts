import type { Response } from 'express';
import { Cancellation, type CancelSignal } from '../../domain/cancellation.js';

/**
 * Aborts when the client disconnects before its response is complete. The request's own `close`
 * never fires once its body is parsed; the response's does.
 */
export function clientDisconnect(response: Response): CancelSignal {
  const signal = new Cancellation();
  const onClose = (): void => {
    if (!response.writableFinished) signal.abort();
  };
  if (response.closed || response.destroyed) onClose();
  else response.once('close', onClose);
  return signal;
}
