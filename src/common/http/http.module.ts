import { Module, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Express } from 'express';
import { unroutedHandler } from './known-routes.js';

/**
 * Closes the router, which would answer what no route takes with a page of HTML. Import it in the
 * root module; `setupHttpEdge` and `NativeExpressAdapter` do the rest.
 */
@Module({})
export class HttpModule implements OnApplicationBootstrap {
  constructor(private readonly host: HttpAdapterHost) {}

  onApplicationBootstrap(): void {
    const { httpAdapter } = this.host;
    httpAdapter.use(unroutedHandler(httpAdapter.getInstance<Express>()));
  }
}
