/** Takes whole lines, each with its end of line, and has written them when it returns. */
export interface LogSink {
  write(line: string): void;
}

/** The same lines to several places. */
export function fanOut(sinks: readonly LogSink[]): LogSink {
  return {
    write: (line) => {
      for (const sink of sinks) sink.write(line);
    },
  };
}
