import type { Worker } from 'node:cluster';

interface Closable {
  close(): void;
}

/**
 * Closes the connection that was being sent to a worker when the worker died. The primary process
 * keeps its own copy of each connection until the worker confirms it. If the worker dies first,
 * Node does not close that copy, and the client waits forever on a connection that no process
 * reads. After the close the client gets an error at once. It must decide about a retry itself,
 * since the worker may have read the request.
 *
 * A worker is sent one connection at a time, and closing the copy of a connection that was taken
 * over has no effect.
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
