import { constants, fstatSync, openSync } from 'node:fs';

import { BufferedSink } from './buffered-sink.js';
import type { LogSink } from './log-sink.js';

const STDOUT = 1;
const { O_NOCTTY, O_NONBLOCK, O_WRONLY } = constants;

/**
 * Standard output, written to at once: an exit or crash loses no line that could be written. If the
 * console does not read or was closed, the service continues.
 *
 * @param onRecovered - gets the number of dropped lines when the console reads again
 * @param fd - the file descriptor to write to
 */
export function consoleSink(onRecovered: (missed: number) => void, fd: number = STDOUT): LogSink {
  return new BufferedSink(nonBlocking(fd), onRecovered);
}

/**
 * A descriptor of the same file, pipe or terminal whose writes do not wait for a reader.
 *
 * @param fd - open for writing
 */
function nonBlocking(fd: number): number {
  if (fstatSync(fd).isFile()) return fd;
  try {
    // On Linux: opened again, so that other programs that have it are not affected.
    return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    // A socket, a pipe of another user, another system: Node's own stream changes the descriptor.
    return fd === STDOUT ? process.stdout.fd : fd;
  }
}
