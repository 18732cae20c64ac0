import { createLogger } from '../../../src/observability/create-logger.js';
import type { AppLogger } from '../../../src/observability/app-logger.js';
import type { LogSink } from '../../../src/observability/sinks/log-sink.js';

type Level = keyof AppLogger;

export const LEVELS: readonly Level[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

/** Takes the place of standard output and keeps what was written. */
export class Recorder implements LogSink {
  text = '';

  write(line: string): void {
    this.text += line;
  }

  get records(): Record<string, unknown>[] {
    return this.text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }
}

export function recordingLogger(
  level: Level = 'trace',
  format: 'json' | 'text' = 'json',
): { logger: AppLogger; out: Recorder } {
  const out = new Recorder();
  return { logger: createLogger({ level, format, file: null }, out).logger, out };
}
