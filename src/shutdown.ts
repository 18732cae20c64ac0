import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { INestApplication } from '@nestjs/common';
import { Draining } from './common/lifecycle/draining.js';
import type { Settings } from './config/settings.js';
import type { Logger } from './observability/logger.js';

/** Once everything has ended, connections that are still open are cut after so long. */
const LINGER_MS = 5_000;

/**
 * On SIGTERM or SIGINT: not ready at once, after `SHUTDOWN_DELAY` no new generations, then the
 * running ones are drained and everything is closed; exit code 0. A second signal exits at once.
 */
export function shutDownOnSignals(app: INestApplication, settings: Settings, logger: Logger): void {
  const draining = app.get(Draining);
  const onSignal = (signal: NodeJS.Signals): void => {
    if (draining.active) process.exit(1);
    draining.begin();
    logger.info('Shutting down', { signal });
    void shutDown(app, settings, logger).then((code) => process.exit(code));
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

async function shutDown(
  app: INestApplication,
  settings: Settings,
  logger: Logger,
): Promise<number> {
  try {
    await delay(settings.shutdown.delayMs);
    const server = app.getHttpServer() as Server;
    const cut = setTimeout(
      () => server.closeAllConnections(),
      settings.shutdown.drainMs + LINGER_MS,
    );
    await app.close();
    clearTimeout(cut);
    logger.info('Stopped');
    return 0;
  } catch (error) {
    logger.error('The shutdown failed', { error });
    return 1;
  }
}
