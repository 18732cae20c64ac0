/** One series of a metric at one moment; `metricName` of a histogram's series ends in `_bucket`, `_sum` or `_count`. */
export interface SeriesValue {
  value: number;
  labels: Record<string, string | number>;
  metricName?: string | undefined;
}

/** One metric of a process with all its series. */
export interface MetricValues {
  name: string;
  help: string;
  type: string;
  /** How the values of several processes become one: `sum`, `max`, `min` or `first`. */
  aggregator: string;
  values: SeriesValue[];
}

/** All metrics of one process, as a worker sends them to its primary. */
export type MetricSnapshot = MetricValues[];
