import type { Counter, Registry } from 'prom-client';
import { WorkerWatch, type AskWorker } from '../../cluster/worker-watch.js';
import type { MetricsSource } from '../meter.js';
import type { MetricSnapshot, MetricValues, SeriesValue } from '../metric-snapshot.js';
import { AggregatorRegistry, Registry as OwnRegistry } from './library.js';
import { serviceMetrics } from './instruments.js';
import { ModelLabels, OTHER } from './model-labels.js';
import { measureProcess } from './process-metrics.js';
import { PrometheusSource } from './prometheus-source.js';

const MODEL_LABELS = ['gen_ai_request_model', 'model'];

interface Member {
  ask: AskWorker;
  /** What it said last. */
  last: MetricSnapshot;
}

/**
 * The metrics of a primary and its workers as one. What a worker has counted stays when the worker has
 * gone, so that no counter falls while the primary lives; its gauges go with it.
 */
export class Fleet extends WorkerWatch implements Pick<MetricsSource, 'text'> {
  private readonly members = new Map<number, Member>();
  private readonly own: PrometheusSource;
  private readonly deaths: Counter;
  private readonly models = new ModelLabels();
  /** The counts of all workers that have gone. */
  private gone: MetricSnapshot = [];

  constructor(registry: Registry = new OwnRegistry()) {
    super();
    measureProcess(registry, false);
    this.deaths = serviceMetrics(registry, () => this.members.size).deaths;
    this.own = new PrometheusSource(registry);
  }

  override joined(worker: number, ask: AskWorker): void {
    this.members.set(worker, { ask, last: [] });
  }

  override left(worker: number, died: boolean): void {
    if (died) this.deaths.inc();
    const member = this.members.get(worker);
    if (!member) return;
    this.members.delete(worker);
    this.gone = merged([this.gone, member.last.filter(isCounted)]);
  }

  async text(): Promise<string> {
    return AggregatorRegistry.aggregate(await this.snapshots()).metrics();
  }

  /** A worker that does not answer in time, or dies meanwhile, counts with what it said last. */
  private async snapshots(): Promise<MetricSnapshot[]> {
    const members = [...this.members.entries()];
    await Promise.all(members.map(([worker, { ask }]) => this.renew(worker, ask)));
    // One that left meanwhile is among those that have gone.
    const last = Array.from(this.members.values(), (member) => member.last);
    return [await this.own.snapshot(), this.gone, ...last];
  }

  private async renew(worker: number, ask: AskWorker): Promise<void> {
    const snapshot = await ask();
    const member = this.members.get(worker);
    if (member && snapshot) member.last = snapshot.map((metric) => this.bounded(metric));
  }

  /** A hundred models of each worker may be more than a hundred of all. */
  private bounded(metric: MetricValues): MetricValues {
    return { ...metric, values: metric.values.map((series) => this.boundedSeries(series)) };
  }

  private boundedSeries(series: SeriesValue): SeriesValue {
    const name = MODEL_LABELS.find((label) => label in series.labels);
    if (name === undefined) return series;
    const model = String(series.labels[name]);
    const label = model === OTHER ? OTHER : this.models.of(model, true);
    return label === model ? series : { ...series, labels: { ...series.labels, [name]: label } };
  }
}

function isCounted({ type }: MetricValues): boolean {
  return type === 'counter' || type === 'histogram';
}

/** What was counted, series of the same labels added. */
function merged(snapshots: MetricSnapshot[]): MetricSnapshot {
  const names = [...new Set(snapshots.flat().map(({ name }) => name))];
  return names.flatMap((name) => {
    const all = snapshots.flat().filter((metric) => metric.name === name);
    const [first] = all;
    return first ? [{ ...first, values: addedSeries(all.flatMap(({ values }) => values)) }] : [];
  });
}

function addedSeries(all: readonly SeriesValue[]): SeriesValue[] {
  const byLabels = new Map<string, SeriesValue>();
  for (const series of all) {
    const key = JSON.stringify([series.metricName, Object.entries(series.labels).sort()]);
    const known = byLabels.get(key);
    byLabels.set(key, known ? { ...known, value: known.value + series.value } : series);
  }
  return [...byLabels.values()];
}
