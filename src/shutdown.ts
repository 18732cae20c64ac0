import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { INestApplication } from '@nestjs/common';
import { UnusedConnections } from './common/http/unused-connections.js';
import { Draining } from './common/lifecycle/draining.js';
import type { Settings } from './config/settings.js';
import type { LogFields, AppLogger } from './observability/app-logger.js';

/** Time after the drain until open connections are closed. */
const FORCE_CLOSE_MS = 5_000;
/** How often idle and unused connections are closed once the server no longer listens. */
const IDLE_MS = 100;

/**
 * `stop`: not ready at once, after `SHUTDOWN_DELAY` no new generations. `leave`: other workers serve on
 * the same port, so it is closed here at once. In both the running generations are drained then.
 */
export type ShutdownKind = 'stop' | 'leave';

/** Drains, closes all resources and exits the process, with code 0 if it succeeded. */
export class Shutdown {
  private readonly draining: Draining;
  private readonly unused: UnusedConnections;

  constructor(
    private readonly app: INestApplication<Server>,
    private readonly settings: Settings,
    private readonly logger: AppLogger,
  ) {
    this.draining = app.get(Draining);
    this.unused = new UnusedConnections(app.getHttpServer());
  }

  /** Only the first call counts. @param why - for the log */
  begin(kind: ShutdownKind, why: LogFields): void {
    if (this.draining.active) return;
    this.draining.begin();
    this.logger.info('Shutting down', why);
    void this.run(kind).then((code) => process.exit(code));
  }

  private async run(kind: ShutdownKind): Promise<number> {
    const { delayMs, drainMs } = this.settings.shutdown;
    const server = this.app.getHttpServer();
    try {
      if (kind === 'leave') server.close();
      else await delay(delayMs);
      setTimeout(() => server.closeAllConnections(), drainMs + FORCE_CLOSE_MS);
      setInterval(() => this.closeIdle(server), IDLE_MS);
      await this.app.close();
      this.logger.info('Stopped');
      return 0;
    } catch (error) {
      this.logger.error('The shutdown failed', { error });
      return 1;
    }
  }

  private closeIdle(server: Server): void {
    if (server.listening) return;
    server.closeIdleConnections();
    this.unused.close();
  }
}
