import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { AppLogger } from '../../observability/app-logger.js';
import { logError, sendError } from './error-responder.js';
import { fromHttpError } from './http-error.js';

/**
 * The last stop of everything thrown while a request is served, by our code, by Nest or by Express:
 * one shape of answer, and nothing of what went wrong inside.
 */
@Catch()
export class AppExceptionFilter implements ExceptionFilter {
  constructor(private readonly logger: AppLogger) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const error = fromHttpError(exception);
    logError(this.logger, response, error);
    sendError(response, error);
  }
}
