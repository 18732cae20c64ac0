import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isTooFarAhead } from './connection-pipeline.js';
import { hasBody } from './body/receive-body.js';
import { closeLingering } from './lingering-close.js';

/**
 * Call it before the headers of `response` are sent. Unread bytes of a body precede the next
 * request: the connection is closed instead of reading them.
 */
export function endConnectionUnlessRead(response: ServerResponse): void {
  const { req, socket } = response;
  if (req.complete || !(hasBody(req) || isTooFarAhead(req)) || !socket) return;
  response.shouldKeepAlive = false;
  // Node calls this at the end of a response without keep-alive.
  socket.destroySoon = () => {
    req.resume();
    closeLingering(socket);
  };
}

const watched = new WeakSet<ServerResponse>();

/**
 * Call it when the socket did not accept all written bytes. Closes the connection if the client
 * reads nothing of the rest for `stallMs`. Most responses fit the socket at once and need no timer.
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
    // More is written only after something was read.
    if (left > 0 && left >= leftBefore && written === writtenBefore) socket.destroy();
  }, stallMs);
  timer.unref();
  response.once('close', () => clearInterval(timer));
}

/** Bytes that wait for the client. For one large write, only the socket knows how much was sent. */
function unsent(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle');
  const queued =
    typeof handle === 'object' && handle !== null && 'writeQueueSize' in handle
      ? Number(handle.writeQueueSize)
      : 0;
  return socket.writableLength + queued;
}
