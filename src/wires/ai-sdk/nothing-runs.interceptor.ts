import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { catchError, of, throwError, type Observable } from 'rxjs';
import { AppError } from '../../common/errors/app-error.js';
import type { UiNothingRunsDto } from './dto/ui-chat.dto.js';

const NOTHING: UiNothingRunsDto = { id: null };

/** Of a chat that is not there nothing runs, either: that is no failure, once it is counted. */
@Injectable()
export class NothingRuns implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next
      .handle()
      .pipe(
        catchError((error: unknown) =>
          error instanceof AppError && error.reason === 'generation_not_found'
            ? of(NOTHING)
            : throwError(() => error),
        ),
      );
  }
}
