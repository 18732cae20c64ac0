import { Injectable, type ExecutionContext } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerRequest } from '@nestjs/throttler';
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
  protected override async handleRequest(props: ThrottlerRequest): Promise<boolean> {
    const { context, limit, ttl, blockDuration } = props;
    const budget = budgetOf(this.reflector, context);
    if (budget === null || props.throttler.name !== budget) return true;
    const client = clientOf(context);
    const record = await this.storageService.increment(client, ttl, limit, blockDuration, budget);
    const remaining = Math.max(0, limit - record.totalHits);
    const response = context.switchToHttp().getResponse<Response>();
    setRateLimitHeaders(response, budget, limit, remaining, record.timeToExpire);
    if (record.isBlocked) throw tooMany(budget, record.timeToBlockExpire);
    return true;
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
