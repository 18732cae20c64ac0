import { Injectable, type ExecutionContext } from '@nestjs/common';
import { ThrottlerGuard } from '@nestjs/throttler';
import type { Request, Response } from 'express';
import { AppError } from '../common/errors/app-error.js';
import type { RequestLimit } from '../common/http/setup-http-edge.js';
import { requestContext } from '../common/http/request-context.js';
import { budgetOf, type Budget } from './budget.js';
import { setRateLimitHeaders } from './rate-limit-headers.js';

/** Where a client stands with a budget after a request was counted. */
interface BudgetCount {
  budget: Budget;
  limit: number;
  remaining: number;
  resetSeconds: number;
  blocked: boolean;
}

/**
 * Counts every routed request, refused ones too, against its client's budget before its body is
 * looked at. Our own key: the throttler's holds the handler, which would give each route a budget.
 */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard implements RequestLimit {
  /** By handler: a route's decorators do not change, and reading them takes longer than to count. */
  private readonly budgets = new WeakMap<object, Budget | null>();

  /** Asks the one throttler that the route draws on; the library's own way asks each about each. */
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const budget = this.budgetOf(context);
    if (budget === null) return true;
    const count = await this.count(context, budget);
    if (count) announce(context, count);
    if (count?.blocked) throw tooMany(count);
    return true;
  }

  /** Against the reads of its address: the client that a request has until its key is known. */
  async countWrongKey(context: ExecutionContext): Promise<void> {
    const count = await this.count(context, 'requests');
    if (!count?.blocked) return;
    announce(context, count);
    throw tooMany(count);
  }

  /** Against the reads of its client, after the answer is known: a guess is a read. */
  async countUnknownId(context: ExecutionContext): Promise<void> {
    const count = await this.count(context, 'requests');
    if (!count) return;
    announce(context, count);
    if (count.blocked) throw tooMany(count);
  }

  /** Null where nothing is limited. */
  private async count(context: ExecutionContext, budget: Budget): Promise<BudgetCount | null> {
    const throttler = this.throttlers.find(({ name }) => name === budget);
    if (!throttler || this.commonOptions.skipIf?.(context)) return null;
    const [limit, ttl] = [Number(throttler.limit), Number(throttler.ttl)];
    const record = await this.storageService.increment(clientOf(context), ttl, limit, ttl, budget);
    return {
      budget,
      limit,
      remaining: Math.max(0, limit - record.totalHits),
      resetSeconds: record.timeToExpire,
      blocked: record.isBlocked,
    };
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

function announce(context: ExecutionContext, count: BudgetCount): void {
  const { budget, limit, remaining, resetSeconds } = count;
  const response = context.switchToHttp().getResponse<Response>();
  setRateLimitHeaders(response, budget, limit, remaining, resetSeconds);
}

const LIMITED: Record<Budget, string> = {
  generations: 'Too many messages in a minute',
  requests: 'Too many requests in a minute',
};

function tooMany({ budget, resetSeconds }: BudgetCount): AppError {
  return new AppError('requests_limit', `${LIMITED[budget]}: try again in ${resetSeconds} s`, {
    retryAfter: resetSeconds,
  });
}
