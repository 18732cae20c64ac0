import { Injectable, type ExecutionContext } from '@nestjs/common';
import { ThrottlerGuard } from '@nestjs/throttler';
import type { Request, Response } from 'express';
import { AppError } from '../common/errors/app-error.js';
import { requestContext } from '../common/http/request-context.js';
import { budgetOf, type Budget } from './budget.js';
import { setRateLimitHeaders } from './rate-limit-headers.js';

/**
 * Counts every routed request, refused ones too, against its client's budget before its body is
 * looked at. Our own key: the throttler's holds the handler, which would give each route a budget.
 */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  /** By handler: a route's decorators do not change, and reading them takes longer than to count. */
  private readonly budgets = new WeakMap<object, Budget | null>();

  /** Asks the one throttler that the route draws on; the library's own way asks each about each. */
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const budget = this.budgetOf(context);
    const throttler = this.throttlers.find(({ name }) => name === budget);
    if (budget === null || !throttler || this.commonOptions.skipIf?.(context)) return true;
    const [limit, ttl] = [Number(throttler.limit), Number(throttler.ttl)];
    const client = clientOf(context);
    const record = await this.storageService.increment(client, ttl, limit, ttl, budget);
    const remaining = Math.max(0, limit - record.totalHits);
    const response = context.switchToHttp().getResponse<Response>();
    setRateLimitHeaders(response, budget, limit, remaining, record.timeToExpire);
    if (record.isBlocked) throw tooMany(budget, record.timeToBlockExpire);
    return true;
  }

  private budgetOf(context: ExecutionContext): Budget | null {
    const handler = context.getHandler();
    const known = this.budgets.get(handler);
    if (known !== undefined) return known;
    const budget = budgetOf(this.reflector, context);
    this.budgets.set(handler, budget);
    return budget;
  }
}

function clientOf(context: ExecutionContext): string {
  return requestContext(context.switchToHttp().getRequest<Request>()).clientId;
}

const LIMITED: Record<Budget, string> = {
  generations: 'Too many messages in a minute',
  requests: 'Too many requests in a minute',
};

function tooMany(budget: Budget, seconds: number): AppError {
  return new AppError('requests_limit', `${LIMITED[budget]}: try again in ${seconds} s`, {
    retryAfter: seconds,
  });
}
