import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isTooFarAhead } from './connection-pipeline.js';
import { hasBody } from './body/receive-body.js';
import { closeLingering } from './lingering-close.js';

/**
 * To be called before the headers of `response` leave. The unread bytes of a body
 * stand before the next request: the connection ends instead of reading them, however many there are.
 */
export function endConnectionUnlessRead(response: ServerResponse): void {
  const { req, socket } = response;
  if (req.complete || !(hasBody(req) || isTooFarAhead(req)) || !socket) return;
  response.shouldKeepAlive = false;
  // What Node calls at the end of an answer that keeps no connection.
  socket.destroySoon = () => {
    req.resume();
    closeLingering(socket);
  };
}

const watched = new WeakSet<ServerResponse>();

/**
 * To be called when the socket did not take all that was written. Ends the connection where the
 * client takes nothing of what is left for `stallMs`. There is no timer where the socket took all at
 * once, as most do.
 */
export function endConnectionWhenStalled(response: ServerResponse, stallMs: number): void {
  const { socket } = response;
  if (!socket || socket.writableLength === 0 || watched.has(response)) return;
  watched.add(response);
  let left = unsent(socket);
  let written = socket.bytesWritten;
  const timer = setInterval(() => {
    const [leftBefore, writtenBefore] = [left, written];
    [left, written] = [unsent(socket), socket.bytesWritten];
    // More is written only where something was taken.
    if (left > 0 && left >= leftBefore && written === writtenBefore) socket.destroy();
  }, stallMs);
  timer.unref();
  response.once('close', () => clearInterval(timer));
}

/** Bytes that wait for the client. Of one large write, the socket alone knows what has left. */
function unsent(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle');
  const queued =
    typeof handle === 'object' && handle !== null && 'writeQueueSize' in handle
      ? Number(handle.writeQueueSize)
      : 0;
  return socket.writableLength + queued;
}
