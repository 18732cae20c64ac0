import { AppLogger } from '../observability/app-logger.js';

/** What a command does is told by its one sentence and its exit code. */
export class SilentLogger extends AppLogger {
  trace(): void {
    // Nothing is written.
  }

  debug(): void {
    // Nothing is written.
  }

  info(): void {
    // Nothing is written.
  }

  warn(): void {
    // Nothing is written.
  }

  error(): void {
    // Nothing is written.
  }

  fatal(): void {
    // Nothing is written.
  }
}
