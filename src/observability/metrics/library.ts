/**
 * The parts of prom-client that are used. Its index loads a metric of the CPU time that loads
 * OpenTelemetry, which is not to be loaded unless traces are on.
 */
export { default as Registry } from 'prom-client/lib/registry.js';
export { default as Counter } from 'prom-client/lib/counter.js';
export { default as Gauge } from 'prom-client/lib/gauge.js';
export { default as Histogram } from 'prom-client/lib/histogram.js';
export { default as AggregatorRegistry } from 'prom-client/lib/cluster.js';
