import { type Logger as Pino, pino, stdTimeFunctions } from 'pino';

import { type LogFields, AppLogger } from './app-logger.js';
import { loggable } from './redaction/loggable.js';
import { scrub } from './redaction/scrub.js';
import type { LogSink } from './sinks/log-sink.js';

type Level = keyof AppLogger;

/** Writes one JSON object a line: `time`, `level`, `pid`, the fields, `msg`. */
export class PinoLogger extends AppLogger {
  private readonly pino: Pino;

  /**
   * @param level - the least that is written
   * @param facts - stand in every line
   */
  constructor(level: Level, sink: LogSink, facts: LogFields = {}) {
    super();
    this.pino = pino(
      {
        level,
        base: { pid: process.pid, ...facts },
        timestamp: stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        // Errors are serialised before they come here.
        serializers: {},
      },
      sink,
    );
  }

  trace(message: string, fields?: LogFields): void {
    this.log('trace', message, fields);
  }

  debug(message: string, fields?: LogFields): void {
    this.log('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.log('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.log('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.log('error', message, fields);
  }

  fatal(message: string, fields?: LogFields): void {
    this.log('fatal', message, fields);
  }

  private log(level: Level, message: string, fields: LogFields = {}): void {
    if (this.pino.isLevelEnabled(level)) this.pino[level](loggable(fields), scrub(message));
  }
}
