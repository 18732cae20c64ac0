import type { Socket } from 'node:net';

/** How often a closing connection is checked for what it still sends. */
const CHECK_MS = 100;
/** After so many checks without new bytes the client has read its response, or will not read it. */
const QUIET_CHECKS = 5;
const MOST_CHECKS = 20;
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Closes a connection whose client may still be sending, once what was written has left, as nginx's
 * `lingering_close` does. After an immediate close the system would answer further bytes with a
 * reset, and the client would lose the response. So received bytes are discarded until none arrive
 * for half a second, for at most two seconds or 16 MiB.
 */
export function closeLingering(socket: Socket): void {
  socket.end();
  socket.resume();
  let checks = 0;
  let quiet = 0;
  let seen = socket.bytesRead;
  const first = seen;
  const timer = setInterval(() => {
    checks += 1;
    quiet = socket.bytesRead === seen ? quiet + 1 : 0;
    seen = socket.bytesRead;
    if (quiet >= QUIET_CHECKS || checks >= MOST_CHECKS || seen - first > MOST_BYTES) {
      socket.destroy();
    }
  }, CHECK_MS);
  timer.unref();
  socket.once('close', () => clearInterval(timer));
}
