import { createApp } from './app.setup.js';
import type { Settings } from './config/settings.js';
import type { Logger } from './observability/logger.js';
import { Shutdown } from './shutdown.js';
import { StoreStartError } from './store/store.js';

/**
 * Starts the service in this process; its URL, once it listens. What keeps it from starting is
 * logged, in one sentence where it is known, and ends the process with exit code 1.
 *
 * @param govern - is given the way down before the service can be reached
 */
export async function serve(
  settings: Settings,
  logger: Logger,
  govern: (shutdown: Shutdown) => void,
): Promise<string> {
  try {
    const app = await createApp(settings, logger);
    govern(new Shutdown(app, settings, logger));
    await app.listen(settings.api.port, settings.api.host);
    return await app.getUrl();
  } catch (error) {
    logger.fatal(startFailure(error, settings), error instanceof StoreStartError ? {} : { error });
    process.exit(1);
  }
}

function startFailure(error: unknown, { api }: Settings): string {
  if (error instanceof StoreStartError) return error.message;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return `API_PORT ${String(api.port)} is in use by another process`;
  if (code === 'EACCES') return `API_PORT ${String(api.port)} needs rights that this process lacks`;
  if (code === 'EADDRNOTAVAIL') return 'API_HOST is no address of this machine';
  return 'The service could not start';
}
