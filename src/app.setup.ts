import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { NativeExpressAdapter } from './common/http/native-express-adapter.js';
import { setupHttpEdge } from './common/http/setup-http-edge.js';
import type { Settings } from './config/settings.js';
import type { AppLogger } from './observability/app-logger.js';
import { createMetrics } from './observability/metrics/create-meter.js';
import { NestLoggerAdapter } from './observability/nest-logger.js';
import { createTracing } from './observability/traces/create-tracing.js';
import { serveDocs } from './openapi/serve-docs.js';

/** Time limit for the head of a request. */
const HEAD_MS = 20_000;
/**
 * Time limit for a whole request, enough for a large one on a slow line; responses have no such
 * limit.
 */
const REQUEST_MS = 300_000;

/** The whole service, not yet listening: the same for `main`, the tests and the OpenAPI file. */
export async function createApp(
  settings: Settings,
  logger: AppLogger,
): Promise<NestExpressApplication> {
  const metrics = await createMetrics(settings);
  const tracing = await createTracing(settings, logger);
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.forRoot(settings, logger, { metrics, tracing }),
    new NativeExpressAdapter(settings.generation),
    { bodyParser: false, logger: new NestLoggerAdapter(logger), abortOnError: false },
  );
  // The addresses of another product's API are its own.
  app.setGlobalPrefix('api', { exclude: ['v1', 'v1/*path'] });
  setupHttpEdge(app, metrics.meter, tracing);
  serveDocs(app);
  const server = app.getHttpServer();
  server.keepAliveTimeout = settings.api.keepAliveMs;
  server.headersTimeout = HEAD_MS;
  server.requestTimeout = REQUEST_MS;
  return app;
}
