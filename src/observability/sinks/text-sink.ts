import { isColorSupported, prettyFactory } from 'pino-pretty';

import type { LogSink } from './log-sink.js';

/**
 * Turns JSON lines into lines for people: one a record, only the stack of an error goes below it.
 * It works in this process and at once, so that nothing is lost at an exit.
 */
export function textSink(sink: LogSink, options: { color: boolean }): LogSink {
  const pretty = prettyFactory({
    colorize: options.color,
    singleLine: true,
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss.l',
    ignore: 'pid',
  });
  return { write: (line) => sink.write(pretty(line)) };
}

/** Whether standard output is a terminal that shows colours, and `NO_COLOR` is not set. */
export const consoleHasColor: boolean = isColorSupported;
