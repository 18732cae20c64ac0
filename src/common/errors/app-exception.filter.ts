import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { AppLogger } from '../../observability/app-logger.js';
import { logError, sendError } from './error-responder.js';
import { fromHttpError } from './http-error.js';

/**
 * Handles every error that is thrown while a request is served, by our code, by Nest or by Express:
 * all error responses have the same form, without internal details.
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
