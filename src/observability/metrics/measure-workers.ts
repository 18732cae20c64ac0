import { UnwatchedWorkers, type WorkerWatch } from '../../cluster/worker-watch.js';
import type { Settings } from '../../config/settings.js';
import type { AppLogger } from '../app-logger.js';

/**
 * A primary answers for all its workers. Where METRICS_PORT was set and cannot be had, this ends the
 * process with exit code 1.
 */
export async function measureWorkers(
  settings: Settings['metrics'],
  logger: AppLogger,
): Promise<WorkerWatch> {
  if (settings.port === 0) return new UnwatchedWorkers();
  const { Fleet } = await import('./fleet.js');
  const { MetricsPortError, serveMetrics } = await import('./metrics-server.js');
  const fleet = new Fleet();
  try {
    await serveMetrics(fleet, settings, logger);
  } catch (error) {
    if (!(error instanceof MetricsPortError)) throw error;
    logger.fatal(error.message);
    process.exit(1);
  }
  return fleet;
}
