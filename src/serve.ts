import { createApp } from './app.setup.js';
import { systemCode } from './common/errors/system-code.js';
import type { Settings } from './config/settings.js';
import type { AppLogger } from './observability/app-logger.js';
import { Shutdown } from './shutdown.js';
import { StoreStartError } from './store/store.js';

/**
 * Starts the service in this process; resolves with its URL once it listens. A failure to start is
 * logged, in one sentence if its cause is known, and ends the process with exit code 1.
 *
 * @param onCreated - gets the shutdown before the service can be reached
 */
export async function serve(
  settings: Settings,
  logger: AppLogger,
  onCreated: (shutdown: Shutdown) => void,
): Promise<string> {
  try {
    const app = await createApp(settings, logger);
    onCreated(new Shutdown(app, settings, logger));
    await app.listen(settings.api.port, settings.api.host);
    return await app.getUrl();
  } catch (error) {
    logger.fatal(startFailure(error, settings), error instanceof StoreStartError ? {} : { error });
    process.exit(1);
  }
}

function startFailure(error: unknown, { api }: Settings): string {
  if (error instanceof StoreStartError) return error.message;
  const code = systemCode(error);
  if (code === 'EADDRINUSE') return `API_PORT ${String(api.port)} is in use by another process`;
  if (code === 'EACCES') return `API_PORT ${String(api.port)} needs rights that this process lacks`;
  if (code === 'EADDRNOTAVAIL') return 'API_HOST is not an address of this machine';
  return 'The service could not start';
}
