import type { Settings } from '../../config/settings.js';
import type { AppLogger } from '../app-logger.js';
import { DATABASES } from '../metrics/create-meter.js';
import type { Tracing } from '../tracing.js';

/** Traces of the settings; null where they are off, and then nothing of OpenTelemetry is loaded. */
export async function createTracing(
  { traces, history }: Pick<Settings, 'traces' | 'history'>,
  logger: AppLogger,
): Promise<Tracing | null> {
  if (traces.url === null) return null;
  const { traceTo } = await import('./trace-to.js');
  return traceTo({ ...traces, url: traces.url }, DATABASES[history.storage.kind], logger);
}
