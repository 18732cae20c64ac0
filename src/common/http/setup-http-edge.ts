import type { CanActivate } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Settings } from '../../config/settings.js';
import type { Logger } from '../../observability/logger.js';
import { AppExceptionFilter } from '../errors/app-exception.filter.js';
import { RequestValidationPipe } from '../validation/request-validation.pipe.js';
import { accessLogMiddleware } from './access-log.middleware.js';
import { ApiKeyGuard, type WrongKeyCounter } from './api-key.guard.js';
import { ApiKeys } from './api-keys.js';
import { unreadBodyMiddleware } from './body/unread-body.js';
import { ClientErrors } from './client-error.js';
import { contextMiddleware } from './context.middleware.js';
import { corsOptions, preflightMiddleware } from './cors.js';
import { defaultHeadersMiddleware } from './default-headers.middleware.js';
import { pathMiddleware } from './path.middleware.js';
import { requestHeadMiddleware } from './request-head.middleware.js';

/** Counts requests against their client, and wrong keys against their address. */
export type RequestLimit = CanActivate & WrongKeyCounter;

/**
 * Everything between a socket and a controller, in its order: connection, host, path, key, limit,
 * body. To be called once, before `init`, on an application made with `{ bodyParser: false }` whose
 * root module imports `HttpModule`.
 */
export function setupHttpEdge(
  app: NestExpressApplication,
  settings: Settings,
  logger: Logger,
  limit: RequestLimit,
): void {
  const { api } = settings;
  configureExpress(app, settings);
  app.use(contextMiddleware(api, logger), accessLogMiddleware(logger), defaultHeadersMiddleware());
  app.enableCors(corsOptions(api));
  app.use(
    requestHeadMiddleware(api),
    preflightMiddleware(),
    pathMiddleware(),
    unreadBodyMiddleware(),
  );
  app.useGlobalGuards(new ApiKeyGuard(new ApiKeys(api.keys), app.get(Reflector), limit), limit);
  app.useGlobalPipes(new RequestValidationPipe(api.maxChatBody));
  app.useGlobalFilters(new AppExceptionFilter(logger));
  const errors = new ClientErrors(api, logger);
  const server = app.getHttpServer();
  server.on('clientError', errors.onClientError);
  server.on('connect', errors.onConnect);
}

function configureExpress(app: NestExpressApplication, { api }: Settings): void {
  app.set('trust proxy', typeof api.trustProxy === 'object' ? [...api.trustProxy] : api.trustProxy);
  app.set('query parser', 'simple');
  // Answers are not cached, so a hash of each would be work for nothing.
  app.set('etag', false);
  app.disable('x-powered-by');
}
