import type { Socket } from 'node:net';

/** How often a closing connection is checked for what it still sends. */
const CHECK_MS = 100;
/** A client that sends nothing for so many checks has read its answer, or will not. */
const QUIET_CHECKS = 5;
const MOST_CHECKS = 20;
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Closes a connection whose client may still be sending, once what was written has left, as nginx's
 * `lingering_close` does. Closed at once, the system would answer its bytes with a reset, and the client
 * would lose the answer that asks it to stop. So what comes is discarded until nothing has come for half
 * a second, for two seconds or 16 MiB at most.
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
