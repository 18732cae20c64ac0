import {
  applyDecorators,
  Injectable,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { catchError, from, throwError, type Observable } from 'rxjs';
import { AppError } from '../common/errors/app-error.js';
import { Unlimited } from './budget.decorator.js';
import { RateLimitGuard } from './rate-limit.guard.js';

/** A handler that is never limited for a generation that is there; a guessed id counts as a read. */
export const UnlimitedIfKnown = (): MethodDecorator =>
  applyDecorators(Unlimited(), UseInterceptors(UnknownIdLimit));

/** Counts a request of an unlimited route that asked for a generation which is not there. */
@Injectable()
class UnknownIdLimit implements NestInterceptor {
  constructor(private readonly limit: RateLimitGuard) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      catchError((error: unknown) => {
        if (!isUnknownId(error)) return throwError(() => error);
        return from(this.limit.countUnknownId(context).then(() => Promise.reject(error)));
      }),
    );
  }
}

function isUnknownId(error: unknown): error is AppError {
  return error instanceof AppError && error.reason === 'generation_not_found';
}
