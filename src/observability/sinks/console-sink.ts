import { destination } from 'pino';

import type { LogSink } from './log-sink.js';

const STDOUT = 1;
/** Kept for a console that takes nothing; what comes beyond it is lost. */
const MAX_BACKLOG = 1_048_576;

/**
 * Standard output, written to at once: a process that exits or dies has lost no line. A console
 * that went away (a closed pipe or terminal) is no reason to stop serving.
 *
 * @param fd - the file descriptor to write to
 */
export function consoleSink(fd: number = STDOUT): LogSink {
  const stream = destination({ dest: fd, sync: true, minLength: 0, maxLength: MAX_BACKLOG });
  stream.on('error', () => undefined);
  return stream;
}
