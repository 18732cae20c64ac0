import type { ConfigType } from '@nestjs/config';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { apiConfig } from '../../config/namespaces.js';
import { AppLogger } from '../../observability/app-logger.js';
import { SilentMeter, type Meter } from '../../observability/meter.js';
import type { Tracing } from '../../observability/tracing.js';
import { accessLogMiddleware } from './access-log.middleware.js';
import { unreadBodyMiddleware } from './body/unread-body.js';
import { ClientErrors } from './client-error.js';
import { contextMiddleware } from './context.middleware.js';
import { corsOptions, preflightMiddleware } from './cors.js';
import { pathMiddleware } from './path.middleware.js';
import { RequestIdentity } from './request-guards.js';
import { requestHeadMiddleware } from './request-head.middleware.js';
import { traceMiddleware } from './trace.middleware.js';

/**
 * All steps between a socket and Nest's router, in order: connection, host, path. Key, limit and
 * body follow in `HttpEdgeModule`. Call it once, before `init`, on an application made with `{
 * bodyParser: false }`.
 *
 * @param meter counts every response
 * @param tracing follows every request; null: nobody does
 */
export function setupHttpEdge(
  app: NestExpressApplication,
  meter: Meter = new SilentMeter(),
  tracing: Tracing | null = null,
): void {
  const api = app.get<ConfigType<typeof apiConfig>>(apiConfig.KEY);
  const logger = app.get(AppLogger);
  const identity = app.get(RequestIdentity);
  configureExpress(app, api);
  app.use(contextMiddleware(api, identity, logger));
  if (tracing) app.use(traceMiddleware(tracing));
  app.use(accessLogMiddleware(logger, meter));
  app.enableCors(corsOptions(api));
  app.use(
    requestHeadMiddleware(api, identity),
    preflightMiddleware(),
    pathMiddleware(),
    unreadBodyMiddleware(),
  );
  const errors = new ClientErrors(api, logger);
  const server = app.getHttpServer();
  server.on('clientError', errors.onClientError);
  server.on('connect', errors.onConnect);
}

function configureExpress(
  app: NestExpressApplication,
  { trustProxy }: ConfigType<typeof apiConfig>,
): void {
  app.set('trust proxy', typeof trustProxy === 'object' ? [...trustProxy] : trustProxy);
  app.set('query parser', 'simple');
  // Responses are not cached, so an ETag is not needed.
  app.set('etag', false);
  app.disable('x-powered-by');
}
