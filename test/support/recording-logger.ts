import { AppLogger, type LogFields } from '../../src/observability/app-logger.js';
import type { Settings } from '../../src/config/settings.js';

export interface LogRecord {
  level: Settings['log']['level'];
  message: string;
  fields: LogFields;
}

/** Keeps what was logged, for tests that say what an operator would read. */
export class RecordingLogger extends AppLogger {
  readonly records: LogRecord[] = [];

  /** The same, by another name. */
  get lines(): readonly LogRecord[] {
    return this.records;
  }

  /** Records whose message is `message`. */
  of(message: string): LogRecord[] {
    return this.records.filter((record) => record.message === message);
  }

  override trace(message: string, fields?: LogFields): void {
    this.keep('trace', message, fields);
  }

  override debug(message: string, fields?: LogFields): void {
    this.keep('debug', message, fields);
  }

  override info(message: string, fields?: LogFields): void {
    this.keep('info', message, fields);
  }

  override warn(message: string, fields?: LogFields): void {
    this.keep('warn', message, fields);
  }

  override error(message: string, fields?: LogFields): void {
    this.keep('error', message, fields);
  }

  override fatal(message: string, fields?: LogFields): void {
    this.keep('fatal', message, fields);
  }

  private keep(level: Settings['log']['level'], message: string, fields: LogFields = {}): void {
    this.records.push({ level, message, fields });
  }
}
