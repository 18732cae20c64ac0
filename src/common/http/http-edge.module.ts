import { Module, type OnApplicationBootstrap } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE, HttpAdapterHost } from '@nestjs/core';
import type { Express } from 'express';
import { AppExceptionFilter } from '../errors/app-exception.filter.js';
import { RequestValidationPipe } from '../validation/request-validation.pipe.js';
import { unroutedHandler } from './known-routes.js';
import { RequestIdentity, RequestLimit } from './request-guards.js';
import { ScopeGuard } from './scope.guard.js';

/**
 * The common parts of all routes: key, limit, scope, body, in this order, and one form of errors. Needs
 * global modules that provide `RequestIdentity` and `RequestLimit`. `setupHttpEdge` does what comes before Nest's router.
 */
@Module({
  providers: [
    { provide: APP_GUARD, useExisting: RequestIdentity },
    { provide: APP_GUARD, useExisting: RequestLimit },
    { provide: APP_GUARD, useClass: ScopeGuard },
    { provide: APP_PIPE, useClass: RequestValidationPipe },
    { provide: APP_FILTER, useClass: AppExceptionFilter },
  ],
})
export class HttpEdgeModule implements OnApplicationBootstrap {
  constructor(private readonly host: HttpAdapterHost) {}

  /**
   * Adds the last handler of the router, which otherwise answers unknown routes with an HTML page.
   */
  onApplicationBootstrap(): void {
    const { httpAdapter } = this.host;
    httpAdapter.use(unroutedHandler(httpAdapter.getInstance<Express>()));
  }
}
