import eventLoopLag from 'prom-client/lib/metrics/eventLoopLag.js';
import gc from 'prom-client/lib/metrics/gc.js';
import heapSizeAndUsed from 'prom-client/lib/metrics/heapSizeAndUsed.js';
import heapSpaces from 'prom-client/lib/metrics/heapSpacesSizeAndUsed.js';
import osMemoryHeap from 'prom-client/lib/metrics/osMemoryHeap.js';
import processHandles from 'prom-client/lib/metrics/processHandles.js';
import maxFileDescriptors from 'prom-client/lib/metrics/processMaxFileDescriptors.js';
import openFileDescriptors from 'prom-client/lib/metrics/processOpenFileDescriptors.js';
import processRequests from 'prom-client/lib/metrics/processRequests.js';
import processResources from 'prom-client/lib/metrics/processResources.js';
import processStartTime from 'prom-client/lib/metrics/processStartTime.js';
import version from 'prom-client/lib/metrics/version.js';
import type { Registry } from 'prom-client';
import { Counter } from './library.js';

/** A timer of this period measures the lag of the event loop, in milliseconds. */
const LAG_RESOLUTION_MS = 20;

const OF_EVERY_PROCESS = [
  gc,
  heapSizeAndUsed,
  heapSpaces,
  osMemoryHeap,
  processHandles,
  maxFileDescriptors,
  openFileDescriptors,
  processRequests,
  processResources,
  processStartTime,
  version,
];

/**
 * prom-client's metrics of this process.
 *
 * @param serves false: of a primary, whose own event loop delays no client
 */
export function measureProcess(registry: Registry, serves: boolean): void {
  for (const register of OF_EVERY_PROCESS) register(registry);
  if (serves) eventLoopLag(registry, { eventLoopMonitoringPrecision: LAG_RESOLUTION_MS });
  measureCpu(registry);
}

/** As in prom-client, whose own metric loads OpenTelemetry. */
function measureCpu(registry: Registry): void {
  const registers = [registry];
  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  const user = counter('process_cpu_user_seconds_total', 'Total user CPU time spent in seconds.');
  const system = counter(
    'process_cpu_system_seconds_total',
    'Total system CPU time spent in seconds.',
  );
  let last = { user: 0, system: 0 };
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Total user and system CPU time spent in seconds.',
    registers,
    collect() {
      const used = process.cpuUsage(last);
      last = { user: last.user + used.user, system: last.system + used.system };
      user.inc(used.user / 1e6);
      system.inc(used.system / 1e6);
      this.inc((used.user + used.system) / 1e6);
    },
  });
}

/** How prom-client's metrics of several processes become one; all others are added. */
const AGGREGATORS: readonly [names: RegExp, aggregator: string][] = [
  [/^nodejs_eventloop_lag/, 'max'],
  [/^process_start_time_seconds$/, 'min'],
  [/^process_max_fds$/, 'min'],
  [/^nodejs_version_info$/, 'first'],
];

/** How the values of this metric, of several processes, become one. */
export function aggregatorOf(name: string, own: string | undefined): string {
  return AGGREGATORS.find(([names]) => names.test(name))?.[1] ?? own ?? 'sum';
}
