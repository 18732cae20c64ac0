import { Module } from '@nestjs/common';
import { ThrottlerModule, type ThrottlerModuleOptions } from '@nestjs/throttler';
import { SETTINGS, type Settings } from '../config/settings.js';
import { BudgetStorage } from './budget-storage.js';
import { WINDOW_SECONDS } from './limiter.js';
import { createLimiters } from './limiter.factory.js';
import { RateLimitGuard } from './rate-limit.guard.js';

/** Two throttlers, a budget each; a route is counted by the one it draws on. */
function throttlerOptions(settings: Settings): ThrottlerModuleOptions {
  const limiters = createLimiters(settings);
  const ttl = WINDOW_SECONDS * 1000;
  return {
    storage: new BudgetStorage(limiters),
    skipIf: () => !settings.rateLimit.enabled,
    throttlers: [
      { name: 'generations', limit: limiters.generations.limit, ttl },
      { name: 'requests', limit: limiters.requests.limit, ttl },
    ],
  };
}

/** Exports `RateLimitGuard`, to be given to `setupHttpEdge`: it runs after the API key's guard. */
@Module({
  imports: [ThrottlerModule.forRootAsync({ inject: [SETTINGS], useFactory: throttlerOptions })],
  providers: [RateLimitGuard],
  exports: [RateLimitGuard],
})
export class RateLimitModule {}
