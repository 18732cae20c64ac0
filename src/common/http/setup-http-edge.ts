import type { CanActivate } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Settings } from '../../config/settings.js';
import type { Logger } from '../../observability/logger.js';
import { AppExceptionFilter } from '../errors/app-exception.filter.js';
import { RequestValidationPipe } from '../validation/request-validation.pipe.js';
import { accessLogMiddleware } from './access-log.middleware.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { ApiKeys } from './api-keys.js';
import { bodyParserMiddleware } from './body-parser.middleware.js';
import { clientErrorHandler } from './client-error.js';
import { contextMiddleware } from './context.middleware.js';
import { corsOptions } from './cors.js';
import { defaultHeadersMiddleware } from './default-headers.middleware.js';
import { inOrder } from './in-order.middleware.js';
import { validPathMiddleware } from './valid-path.middleware.js';

/**
 * Everything between a socket and a controller, in its order. To be called once, before `init`, on
 * an application made with `{ bodyParser: false }` whose root module imports `HttpModule`.
 * `guards` run after the API key's, in their order.
 */
export function setupHttpEdge(
  app: NestExpressApplication,
  settings: Settings,
  logger: Logger,
  guards: readonly CanActivate[] = [],
): void {
  configureExpress(app, settings);
  app.use(
    inOrder(
      contextMiddleware(settings.api, logger),
      accessLogMiddleware(logger),
      defaultHeadersMiddleware(),
    ),
  );
  app.enableCors(corsOptions(settings.api.corsOrigins));
  app.use(inOrder(validPathMiddleware(), bodyParserMiddleware()));
  app.useGlobalGuards(
    new ApiKeyGuard(new ApiKeys(settings.api.keys), app.get(Reflector)),
    ...guards,
  );
  app.useGlobalPipes(new RequestValidationPipe());
  app.useGlobalFilters(new AppExceptionFilter(logger));
  const server = app.getHttpServer();
  server.on('clientError', clientErrorHandler(logger));
  // Node's own answer to an `Expect` that it does not know is a 417 without a body.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}

function configureExpress(app: NestExpressApplication, { api }: Settings): void {
  app.set('trust proxy', typeof api.trustProxy === 'object' ? [...api.trustProxy] : api.trustProxy);
  app.set('query parser', 'simple');
  // Answers are not cached, so a hash of each would be work for nothing.
  app.set('etag', false);
  app.disable('x-powered-by');
}
