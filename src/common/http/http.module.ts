import { Module, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Request, Response } from 'express';
import { sendError } from '../errors/error-responder.js';
import { routeNotFound } from '../errors/http-error.js';

/**
 * Closes the router: Nest answers unknown routes under its global prefix only, and Express the rest
 * with a page of HTML. Import it in the root module; `setupHttpEdge` does the rest.
 */
@Module({})
export class HttpModule implements OnApplicationBootstrap {
  constructor(private readonly host: HttpAdapterHost) {}

  onApplicationBootstrap(): void {
    this.host.httpAdapter.use((_request: Request, response: Response) => {
      sendError(response, routeNotFound());
    });
  }
}
