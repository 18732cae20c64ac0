import './common/lifecycle/no-inspector.js';
import cluster from 'node:cluster';
import { onStopSignals } from './common/lifecycle/stop-signals.js';
import { loadSettings, SettingsError } from './config/load-settings.js';
import type { Settings } from './config/settings.js';
import { createAudit } from './observability/audit/create-audit.js';
import { createLogger } from './observability/create-logger.js';
import type { AppLogger } from './observability/app-logger.js';
import { LogFileError } from './observability/sinks/log-file.js';
import type { Shutdown } from './shutdown.js';

/** Starts the service: in this process, or in `API_WORKERS` of them that this one supervises. */
async function main(): Promise<void> {
  const { settings, warnings } = orExit(() => loadSettings());
  const { logger } = orExit(() => createLogger(settings.log));
  for (const warning of warnings) logger.warn(warning);
  await (settings.api.workers > 1 && cluster.isPrimary ? supervise : serveHere)(settings, logger);
}

/** Wrong settings are printed, one line for each problem, without a stack. */
function orExit<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SettingsError || error instanceof LogFileError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

async function serveHere(settings: Settings, logger: AppLogger): Promise<void> {
  let shutdown: Shutdown | null = null;
  onStopSignals(settings.log, {
    begin: (signal) => {
      // Nothing has started yet that would have to be shut down.
      if (shutdown === null) process.exit(0);
      shutdown.begin('stop', { signal });
    },
    atOnce: () => process.exit(1),
  });
  const { serve } = await import('./serve.js');
  const url = await serve(settings, logger, (created) => (shutdown = created.shutdown));
  logger.info('Listening', { url, storage: settings.history.storage.kind });
}

/** Loads no code of the service itself: this process only supervises the workers. */
async function supervise(settings: Settings, logger: AppLogger): Promise<void> {
  // Its workers write it; here it is made sure that they can, and SIGHUP is for the file.
  orExit(() => createAudit(settings.log, logger));
  const { countForWorkers } = await import('./rate-limit/cluster-limiter.js');
  const { Supervisor } = await import('./cluster/supervisor.js');
  const { measureWorkers } = await import('./observability/metrics/measure-workers.js');
  countForWorkers();
  new Supervisor(settings, logger, await measureWorkers(settings.metrics, logger)).start();
}

await main();
