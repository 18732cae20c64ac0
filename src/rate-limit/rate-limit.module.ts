import { Global, Module } from '@nestjs/common';
import { ThrottlerModule, type ThrottlerModuleOptions } from '@nestjs/throttler';
import { SETTINGS, type Settings } from '../config/settings.js';
import { Logger } from '../observability/logger.js';
import { Store } from '../store/store.js';
import { BudgetStorage } from './budget-storage.js';
import { WINDOW_SECONDS } from './limiter.js';
import { createLimiters } from './limiter.factory.js';
import { RateLimitGuard } from './rate-limit.guard.js';

/** Two throttlers, a budget each; a route is counted by the one it draws on. */
function throttlerOptions(
  settings: Settings,
  logger: Logger,
  store: Store,
): ThrottlerModuleOptions {
  const limiters = createLimiters(settings, logger, store);
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

/**
 * Exports `RateLimitGuard`, to be given to `setupHttpEdge`: it runs after the API key's guard.
 * Global, since decorators of controllers bring interceptors that need it.
 */
@Global()
@Module({
  imports: [
    ThrottlerModule.forRootAsync({
      inject: [SETTINGS, Logger, Store],
      useFactory: throttlerOptions,
    }),
  ],
  providers: [RateLimitGuard],
  exports: [RateLimitGuard],
})
export class RateLimitModule {}
