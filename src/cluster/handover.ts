import type { Worker } from 'node:cluster';

interface Closable {
  close(): void;
}

/**
 * Closes the connection that a worker was being handed when it died. The primary process keeps its
 * own copy of each connection until the worker says that it has it; Node forgets that copy when the
 * worker dies first, and then the client waits for ever on a connection that no process reads. Closed, it
 * is an error at once, and the client's to try again: the worker may have read what it asked for.
 *
 * A worker is handed one connection at a time, and closing one that was taken over changes nothing.
 */
export function closeWithWorker({ process: child }: Worker): void {
  const send = child.send.bind(child) as (...all: unknown[]) => boolean;
  let last: Closable | null = null;
  child.send = (message: unknown, handle?: unknown, ...rest: unknown[]): boolean => {
    if (isClosable(handle)) last = handle;
    return send(message, handle, ...rest);
  };
  child.once('exit', () => last?.close());
}

function isClosable(handle: unknown): handle is Closable {
  return typeof handle === 'object' && handle !== null && 'close' in handle;
}
