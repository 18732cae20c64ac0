import type { LoggerService } from '@nestjs/common';

import type { LogFields, AppLogger } from './app-logger.js';
import { isError, stackFrames } from './redaction/serialize-error.js';

/** Parts of Nest that log every module and route at the start. */
const ROUTINE_CONTEXTS = new Set([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
]);

/** Nest's own lines in our format: `NestFactory.create(AppModule, { logger: new NestLoggerAdapter(logger) })`. */
export class NestLoggerAdapter implements LoggerService {
  constructor(private readonly logger: AppLogger) {}

  log(message: unknown, ...rest: unknown[]): void {
    const line = nestLine(message, rest);
    const isRoutine =
      typeof line.fields['context'] === 'string' && ROUTINE_CONTEXTS.has(line.fields['context']);
    this.logger[isRoutine ? 'debug' : 'info'](line.message, line.fields);
  }

  error(message: unknown, ...rest: unknown[]): void {
    const line = nestLine(message, rest);
    this.logger.error(line.message, line.fields);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    const line = nestLine(message, rest);
    this.logger.warn(line.message, line.fields);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    const line = nestLine(message, rest);
    this.logger.debug(line.message, line.fields);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    const line = nestLine(message, rest);
    this.logger.trace(line.message, line.fields);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    const line = nestLine(message, rest);
    this.logger.fatal(line.message, line.fields);
  }
}

/**
 * Nest gives a message (text, an error or anything), perhaps a stack, and last its context. What
 * is neither text nor an error is named by its type only.
 */
function nestLine(
  message: unknown,
  rest: readonly unknown[],
): { message: string; fields: LogFields } {
  const last = rest.at(-1);
  const context = typeof last === 'string' && !isStack(last) ? last : undefined;
  const error = [message, ...rest].find(isError);
  const stack = rest.find(isStack);
  const text = typeof message === 'string' ? message : 'The framework reported an event';
  return {
    message: isError(message) ? 'The framework reported an error' : text,
    fields: {
      context,
      error,
      stack:
        error === undefined && stack ? stackFrames(stack).map((line) => line.trim()) : undefined,
    },
  };
}

function isStack(value: unknown): value is string {
  return typeof value === 'string' && /\n\s+at /.test(value);
}
