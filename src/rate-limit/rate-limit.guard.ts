import { Injectable, type ExecutionContext } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerRequest } from '@nestjs/throttler';
import type { Request, Response } from 'express';
import { AppError } from '../common/errors/app-error.js';
import type { RequestLimit } from '../common/http/request-guards.js';
import { requestContext } from '../common/http/request-context.js';
import type { AccessGrant } from '../domain/access-grant.js';
import { budgetOf, type Budget } from './budget.decorator.js';
import { READS_PER_GENERATION } from './limiter.js';
import { setRateLimitHeaders, type BudgetState } from './rate-limit-headers.js';

/**
 * Counts every routed request, refused ones too, against its client's budget before its body is
 * looked at. There is one throttler for each budget; `skipIf` of the module leaves the one that the
 * route draws on.
 */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard implements RequestLimit {
  /** Against the reads of its address: the client that a request has until its key is known. */
  async countWrongKey(context: ExecutionContext): Promise<void> {
    const state = await this.countRead(context);
    if (state?.blocked) applyState(context, state);
  }

  /** Against the reads of its client, after the answer is known: a guess is a read. */
  async countUnknownId(context: ExecutionContext): Promise<void> {
    const state = await this.countRead(context);
    if (state) applyState(context, state);
  }

  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    return Promise.resolve(this.isOff(context) || budgetOf(context) === null);
  }

  protected override async handleRequest(request: CountedRequest): Promise<boolean> {
    applyState(request.context, await this.count(request));
    return true;
  }

  protected override getTracker(request: Request): Promise<string> {
    return Promise.resolve(requestContext(request).clientId);
  }

  /** The library's own key holds the handler, which would give each route a budget. */
  protected override generateKey(_context: ExecutionContext, client: string): string {
    return client;
  }

  /** Null where nothing is limited. */
  private async countRead(context: ExecutionContext): Promise<BudgetState | null> {
    const throttler = this.throttlers.find(({ name }) => name === 'requests');
    if (!throttler || this.isOff(context)) return null;
    const [limit, ttl] = [Number(throttler.limit), Number(throttler.ttl)];
    return this.count({ context, throttler, limit, ttl });
  }

  private async count(counted: CountedRequest): Promise<BudgetState> {
    const { context, throttler, ttl } = counted;
    const budget: Budget = throttler.name === 'generations' ? 'generations' : 'requests';
    const request = context.switchToHttp().getRequest<Request>();
    const limit = limitOf(requestContext(request).grant, budget, counted.limit);
    const client = await this.getTracker(request);
    const key = this.generateKey(context, client);
    const record = await this.storageService.increment(key, ttl, limit, ttl, budget);
    return {
      budget,
      limit,
      remaining: Math.max(0, limit - record.totalHits),
      resetSeconds: record.timeToExpire,
      blocked: record.isBlocked,
    };
  }

  private isOff(context: ExecutionContext): boolean {
    return this.commonOptions.skipIf?.(context) === true;
  }
}

/** A key's own limit is for what starts a generation; of the rest it has ten times that, or what all have. */
function limitOf(grant: AccessGrant | null, budget: Budget, configured: number): number {
  const requests = grant?.limits.requests ?? null;
  if (requests === null) return configured;
  return budget === 'generations'
    ? requests
    : Math.max(configured, requests * READS_PER_GENERATION);
}

type CountedRequest = Pick<ThrottlerRequest, 'context' | 'throttler' | 'limit' | 'ttl'>;

/** Reports the state to the client, and refuses the request where the budget is used up. */
function applyState(context: ExecutionContext, state: BudgetState): void {
  setRateLimitHeaders(context.switchToHttp().getResponse<Response>(), state);
  if (state.blocked) throw tooMany(state);
}

const LIMITED: Record<Budget, string> = {
  generations: 'Too many messages in a minute',
  requests: 'Too many requests in a minute',
};

function tooMany({ budget, resetSeconds }: BudgetState): AppError {
  return new AppError('requests_limit', `${LIMITED[budget]}: try again in ${resetSeconds} s`, {
    retryAfter: resetSeconds,
  });
}
