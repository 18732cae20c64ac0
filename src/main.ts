import { createApp } from './app.setup.js';
import { loadSettings } from './config/load-settings.js';
import { SettingsError } from './config/settings-error.js';
import type { Settings } from './config/settings.js';
import { createLogger } from './observability/create-logger.js';
import type { Logger } from './observability/logger.js';
import { LogFileError } from './observability/sinks/log-file.js';
import { shutDownOnSignals } from './shutdown.js';
import { StoreStartError } from './store/store.js';

async function main(): Promise<void> {
  const { settings, warnings } = orExit(() => loadSettings());
  const { logger } = orExit(() => createLogger(settings.log));
  for (const warning of warnings) logger.warn(warning);
  try {
    await listen(settings, logger);
  } catch (error) {
    logger.fatal(startFailure(error, settings), error instanceof StoreStartError ? {} : { error });
    process.exit(1);
  }
}

/** What cannot be right with these settings is told in one line a problem, without a stack. */
function orExit<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SettingsError || error instanceof LogFileError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

async function listen(settings: Settings, logger: Logger): Promise<void> {
  const { api } = settings;
  const app = await createApp(settings, logger);
  shutDownOnSignals(app, settings, logger);
  await app.listen(api.port, api.host);
  logger.info('Listening', { url: await app.getUrl(), storage: settings.history.storage.kind });
}

function startFailure(error: unknown, { api }: Settings): string {
  if (error instanceof StoreStartError) return error.message;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return `API_PORT ${String(api.port)} is in use by another process`;
  if (code === 'EACCES') return `API_PORT ${String(api.port)} needs rights that this process lacks`;
  if (code === 'EADDRNOTAVAIL') return 'API_HOST is no address of this machine';
  return 'The service could not start';
}

await main();
