/** Metrics in Prometheus text format. */
export class ReadMetrics {
  readonly types = new Map<string, string>();
  private readonly series: { name: string; labels: Record<string, string>; value: number }[] = [];

  constructor(readonly text: string) {
    for (const line of text.split('\n')) {
      const [, typed = '', type = ''] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
      if (typed) this.types.set(typed, type);
      const [, name = '', inner = '', value] =
        /^([a-zA-Z_:]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      if (value !== undefined) {
        this.series.push({ name, labels: labelsOf(inner), value: Number(value) });
      }
    }
  }

  /** The sum of all series of a name that have these labels; undefined where there is none. */
  value(name: string, labels: Record<string, string> = {}): number | undefined {
    const values = this.series
      .filter((one) => one.name === name && has(one.labels, labels))
      .map(({ value }) => value);
    return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
  }

  /** All values that a label has, in metrics of these names. */
  labelValues(label: string, names = /./): string[] {
    const values = this.series
      .filter(({ name }) => names.test(name))
      .flatMap(({ labels }) => labels[label] ?? []);
    return [...new Set(values)].sort();
  }

  /** The names of all labels. */
  labelNames(): string[] {
    return [...new Set(this.series.flatMap(({ labels }) => Object.keys(labels)))].sort();
  }

  /** Counters, and the counts of histograms, by their labels. */
  counts(): Map<string, number> {
    const isCount = (name: string): boolean =>
      this.types.get(name) === 'counter' ||
      this.types.get(name.replace(/_(bucket|count|sum)$/, '')) === 'histogram';
    const counted = this.series.filter(({ name }) => isCount(name));
    return new Map(
      counted.map(({ name, labels, value }) => [`${name}${JSON.stringify(labels)}`, value]),
    );
  }
}

export async function readMetrics(port: number): Promise<ReadMetrics> {
  const response = await fetch(`http://127.0.0.1:${String(port)}/metrics`);
  if (response.status !== 200) throw new Error(`The metrics are ${String(response.status)}`);
  return new ReadMetrics(await response.text());
}

function labelsOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value]));
}

function has(labels: Record<string, string>, wanted: Record<string, string>): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}
