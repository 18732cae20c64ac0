import type { LogSink } from './log-sink.js';

/** Written to before the process exits. */
const waiting = new Set<() => void>();
let exiting = false;
process.on('exit', () => {
  exiting = true;
  for (const flush of waiting) flush();
});

/**
 * Joins the lines of one turn of the event loop into one write: under load that is one system call
 * for several requests instead of two for each. What is not written when the process exits, by an
 * error too, is written then; only a process that is killed (SIGKILL, no memory) loses the lines of
 * its last turn.
 */
export function batchingSink(sink: LogSink): LogSink {
  let lines = '';
  const flush = (): void => {
    waiting.delete(flush);
    const text = lines;
    lines = '';
    if (text !== '') sink.write(text);
  };
  return {
    write: (line) => {
      if (exiting) {
        sink.write(line);
        return;
      }
      if (lines === '') {
        waiting.add(flush);
        setImmediate(flush);
      }
      lines += line;
    },
  };
}
