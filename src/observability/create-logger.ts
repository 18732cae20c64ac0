import type { Settings } from '../config/settings.js';
import type { LogFields } from './app-logger.js';
import { PinoLogger } from './pino-logger.js';
import { consoleSink } from './sinks/console-sink.js';
import { LogFile } from './sinks/log-file.js';
import { reopenOnHangUp } from './sinks/reopen-on-hang-up.js';
import { fanOut, type LogSink } from './sinks/log-sink.js';
import { consoleHasColor, textSink } from './sinks/text-sink.js';
import { batchingSink } from './sinks/batching-sink.js';

/** A logger with what it holds. */
export interface OpenLogger {
  readonly logger: PinoLogger;
  /** Closes the file and stops listening for SIGHUP; nothing is waiting to be written. */
  close(): void;
}

/**
 * The logger of the settings: on the console, and with `LOG_FILE` in that file too. Every line is
 * written at the end of the turn of the event loop, and at an exit.
 *
 * @param out - replaces standard output
 * @param facts - fields of every line
 * @throws LogFileError when `LOG_FILE` cannot be written
 */
export function createLogger(
  settings: Omit<Settings['log'], 'auditFile'>,
  out?: LogSink,
  facts: LogFields = {},
): OpenLogger {
  const { level, format, file } = settings;
  const color = out === undefined && consoleHasColor;
  const inFormat = (sink: LogSink, withColor: boolean): LogSink =>
    format === 'text' ? textSink(sink, { color: withColor }) : sink;
  const toConsole = inFormat(
    out ?? batchingSink(consoleSink((missed) => warnDropped(missed))),
    color,
  );
  const console = new PinoLogger(level, toConsole, facts);
  const warnDropped = (missed: number): void =>
    console.warn('Lines of the log were dropped: no process read standard output', { missed });
  if (file === null) return { logger: console, close: () => undefined };

  const logFile = new LogFile(file, console);
  const logger = new PinoLogger(level, fanOut([toConsole, inFormat(logFile, false)]), facts);
  return { logger, close: reopenOnHangUp(logFile, logger, 'LOG_FILE') };
}
