import type { Socket } from 'node:net';

/** How often is looked what a closing connection still sends. */
const LOOK_MS = 100;
/** A client that sends nothing for so many looks has read its answer, or will not. */
const QUIET_LOOKS = 5;
const LONGEST_LOOKS = 20;
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Closes a connection whose client may still be sending, once what was written has left. Closed at
 * once, the system would answer its bytes with a reset, and the client would lose the answer that
 * tells it to stop. So what comes is thrown away for a moment: half a second of silence, two seconds
 * or 16 MiB at most.
 */
export function closeLingering(socket: Socket): void {
  socket.end();
  socket.resume();
  let looks = 0;
  let quiet = 0;
  let seen = socket.bytesRead;
  const first = seen;
  const timer = setInterval(() => {
    looks += 1;
    quiet = socket.bytesRead === seen ? quiet + 1 : 0;
    seen = socket.bytesRead;
    if (quiet >= QUIET_LOOKS || looks >= LONGEST_LOOKS || seen - first > MOST_BYTES) {
      socket.destroy();
    }
  }, LOOK_MS);
  timer.unref();
  socket.once('close', () => clearInterval(timer));
}
