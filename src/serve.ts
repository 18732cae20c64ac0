import { createApp } from './app.setup.js';
import { systemCode } from './common/errors/system-code.js';
import { Siblings } from './common/lifecycle/siblings.js';
import type { Settings } from './config/settings.js';
import type { AppLogger } from './observability/app-logger.js';
import { MetricsSource } from './observability/meter.js';
import { MetricsPortError, serveMetrics } from './observability/metrics/metrics-server.js';
import { LogFileError } from './observability/sinks/log-file.js';
import { Shutdown } from './shutdown.js';
import { StoreStartError } from './store/store.js';

/** What others ask and tell a service that does not serve yet. */
export interface CreatedService {
  readonly shutdown: Shutdown;
  /** Null: metrics are off. */
  readonly metrics: MetricsSource | null;
  /** Where one of several workers learns that another has died. */
  readonly siblings: Siblings;
}

/**
 * Starts the service in this process; resolves with its URL once it listens. A failure to start is
 * logged, in one sentence if its cause is known, and ends the process with exit code 1.
 *
 * @param onCreated - gets what others tell the service, before it can be reached
 */
export async function serve(
  settings: Settings,
  logger: AppLogger,
  onCreated: (created: CreatedService) => void,
): Promise<string> {
  try {
    const app = await createApp(settings, logger);
    const metrics = app.get<MetricsSource | null>(MetricsSource);
    onCreated({
      shutdown: new Shutdown(app, settings, logger),
      metrics,
      siblings: app.get(Siblings),
    });
    // With several workers their primary answers for all.
    if (metrics && settings.api.workers === 1)
      await serveMetrics(metrics, settings.metrics, logger);
    await app.listen(settings.api.port, settings.api.host);
    return await app.getUrl();
  } catch (error) {
    logger.fatal(startFailure(error, settings), isExplained(error) ? {} : { error });
    process.exit(1);
  }
}

/** Whether its message is for the operator, and says all. */
function isExplained(error: unknown): error is Error {
  return [StoreStartError, MetricsPortError, LogFileError].some((known) => error instanceof known);
}

function startFailure(error: unknown, { api }: Settings): string {
  if (isExplained(error)) return error.message;
  const code = systemCode(error);
  if (code === 'EADDRINUSE') return `API_PORT ${String(api.port)} is in use by another process`;
  if (code === 'EACCES') return `API_PORT ${String(api.port)} needs rights that this process lacks`;
  if (code === 'EADDRNOTAVAIL') return 'API_HOST is not an address of this machine';
  return 'The service could not start';
}
