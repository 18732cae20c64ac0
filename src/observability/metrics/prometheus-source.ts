import type { Registry } from 'prom-client';
import { MetricsSource } from '../meter.js';
import type { MetricSnapshot } from '../metric-snapshot.js';
import { aggregatorOf } from './process-metrics.js';

/** The metrics of this process. */
export class PrometheusSource extends MetricsSource {
  constructor(private readonly registry: Registry) {
    super();
  }

  override text(): Promise<string> {
    return this.registry.metrics();
  }

  override async snapshot(): Promise<MetricSnapshot> {
    const metrics = await this.registry.getMetricsAsJSON();
    return metrics.map((metric) => ({
      name: metric.name,
      help: metric.help,
      type: String(metric.type),
      aggregator: aggregatorOf(metric.name, metric.aggregator),
      values: 'values' in metric ? metric.values.map(toSeries) : [],
    }));
  }
}

interface Series {
  value: number;
  labels: Partial<Record<string, string | number>>;
  metricName?: string;
}

/** The library goes on changing its own objects. */
function toSeries({ value, labels, metricName }: Series) {
  const known = Object.entries(labels).filter(([, label]) => label !== undefined);
  return {
    value,
    labels: Object.fromEntries(known) as Record<string, string | number>,
    metricName,
  };
}
