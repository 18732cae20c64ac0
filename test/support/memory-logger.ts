import { Logger, type LogFields } from '../../src/observability/logger.js';

/** One line as it was logged. */
export interface LoggedLine {
  level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  message: string;
  fields: LogFields;
}

/** Keeps what is logged, at every level. */
export class MemoryLogger extends Logger {
  readonly lines: LoggedLine[] = [];

  trace = this.at('trace');
  debug = this.at('debug');
  info = this.at('info');
  warn = this.at('warn');
  error = this.at('error');
  fatal = this.at('fatal');

  /** The messages of one level. */
  messages(level: LoggedLine['level']): string[] {
    return this.lines.filter((line) => line.level === level).map((line) => line.message);
  }

  private at(level: LoggedLine['level']): (message: string, fields?: LogFields) => void {
    return (message, fields = {}) => this.lines.push({ level, message, fields });
  }
}
