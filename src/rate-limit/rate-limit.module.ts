import { Global, Module, type ExecutionContext } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { ThrottlerModule, type ThrottlerModuleOptions } from '@nestjs/throttler';
import { OncePerMinute, RequestLimit } from '../common/http/request-guards.js';
import { apiConfig, rateLimitConfig } from '../config/namespaces.js';
import { AppLogger } from '../observability/app-logger.js';
import { Store } from '../store/store.js';
import { budgetOf, type Budget } from './budget.decorator.js';
import { BudgetStorage } from './budget-storage.js';
import { WINDOW_SECONDS } from './limiter.js';
import { createLimiters, createOncePerMinute } from './limiter.factory.js';
import { RateLimitGuard } from './rate-limit.guard.js';

/** Two throttlers, one for each budget; a route is counted by the one it draws on. */
function throttlerOptions(
  { enabled, ...limits }: ConfigType<typeof rateLimitConfig>,
  { workers }: ConfigType<typeof apiConfig>,
  logger: AppLogger,
  store: Store,
): ThrottlerModuleOptions {
  const limiters = createLimiters({ enabled, workers, ...limits }, logger, store);
  const throttler = (name: Budget) => ({
    name,
    limit: limiters[name].limit,
    ttl: WINDOW_SECONDS * 1000,
    skipIf: (context: ExecutionContext) => budgetOf(context) !== name,
  });
  return {
    storage: new BudgetStorage(limiters),
    skipIf: () => !enabled,
    throttlers: [throttler('generations'), throttler('requests')],
  };
}

/** Global, since `HttpEdgeModule` and decorators of controllers need the guard. */
@Global()
@Module({
  imports: [
    ThrottlerModule.forRootAsync({
      inject: [rateLimitConfig.KEY, apiConfig.KEY, AppLogger, Store],
      useFactory: throttlerOptions,
    }),
  ],
  providers: [
    RateLimitGuard,
    { provide: RequestLimit, useExisting: RateLimitGuard },
    {
      provide: OncePerMinute,
      inject: [apiConfig.KEY, AppLogger],
      useFactory: ({ workers }: ConfigType<typeof apiConfig>, logger: AppLogger) =>
        createOncePerMinute(workers, logger),
    },
  ],
  exports: [OncePerMinute, RateLimitGuard, RequestLimit],
})
export class RateLimitModule {}
