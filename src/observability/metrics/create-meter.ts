import type { Settings } from '../../config/settings.js';
import { SilentMeter, type Meter, type MetricsSource } from '../meter.js';

/** Metrics of this process: where they are reported, and where they are read; null: they are off. */
export interface Metrics {
  meter: Meter;
  source: MetricsSource | null;
}

/** OpenTelemetry's names of databases; memory and files are none. */
export const DATABASES: Record<Settings['history']['storage']['kind'], string> = {
  memory: 'memory',
  file: 'file',
  sqlite: 'sqlite',
  postgres: 'postgresql',
  mongodb: 'mongodb',
};

/** The library is loaded only where metrics are on. */
export async function createMetrics(
  settings: Pick<Settings, 'metrics' | 'api' | 'models' | 'history'>,
): Promise<Metrics> {
  if (settings.metrics.port === 0) return { meter: new SilentMeter(), source: null };
  const { Registry } = await import('./library.js');
  const { measureProcess } = await import('./process-metrics.js');
  const { serviceMetrics } = await import('./instruments.js');
  const { PrometheusMeter } = await import('./prometheus-meter.js');
  const { PrometheusSource } = await import('./prometheus-source.js');
  const registry = new Registry();
  measureProcess(registry, true);
  // With several workers their primary says this of them.
  if (settings.api.workers === 1) serviceMetrics(registry, () => 1);
  const meter = new PrometheusMeter(registry, {
    providers: settings.models.servers,
    database: DATABASES[settings.history.storage.kind],
  });
  return { meter, source: new PrometheusSource(registry) };
}
