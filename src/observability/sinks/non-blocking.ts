import { constants, fstatSync, openSync } from 'node:fs';

const STDOUT = 1;
const { O_NOCTTY, O_NONBLOCK, O_WRONLY } = constants;

/**
 * A descriptor of the same file, pipe or terminal whose writes do not wait for a reader.
 *
 * @param fd - open for writing
 */
export function nonBlocking(fd: number): number {
  if (fstatSync(fd).isFile()) return fd;
  try {
    // On Linux: opened anew, so that other programs that have it are not affected.
    return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    // A socket, a pipe of another user, another system: Node's own stream changes the descriptor.
    return fd === STDOUT ? process.stdout.fd : fd;
  }
}
