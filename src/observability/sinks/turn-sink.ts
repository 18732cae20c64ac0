import type { LogSink } from './log-sink.js';

/** Written to before the process exits. */
const waiting = new Set<() => void>();
let exiting = false;
process.on('exit', () => {
  exiting = true;
  for (const flush of waiting) flush();
});

/**
 * Gathers the lines of one turn of the event loop into one write: under load that is one system call
 * for several requests instead of two for each. What a process has not written when it exits, by an
 * error too, it writes then; only what ends it without a word (SIGKILL, no memory) takes the lines of
 * its last turn along.
 */
export function turnSink(sink: LogSink): LogSink {
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
