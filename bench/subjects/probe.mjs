/**
 * Loaded into a service that is looked into (`--import`): counts resources that were not closed,
 * including unref'ed timers, and records profiles.
 */
import { Session } from 'node:inspector/promises';
import { Socket } from 'node:net';
import v8 from 'node:v8';

const timer = setTimeout(() => undefined, 0);
clearTimeout(timer);

/** @type {Record<string, Function>} */
const COUNTED = { sockets: Socket, timers: timer.constructor, aborts: AbortController };

const session = new Session();
session.connect();

/** @type {Record<string, () => unknown>} */
const ANSWERS = {
  census,
  cpuStart: async () => {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: 200 });
    await session.post('Profiler.start');
  },
  cpuStop: async () => (await session.post('Profiler.stop')).profile,
  heapStart: () =>
    // What was allocated and collected again is what is looked for.
    session.post('HeapProfiler.startSampling', {
      samplingInterval: 4096,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    }),
  heapStop: async () => (await session.post('HeapProfiler.stopSampling')).profile,
};

process.on('message', async (/** @type {{ id: number, ask: string }} */ { id, ask }) => {
  const answer = ANSWERS[ask];
  if (answer) process.send?.({ id, value: (await answer()) ?? null });
});
// The probe must not be what keeps the service alive.
process.channel?.unref();

/** Living objects after a full collection. @returns {Record<string, number> | null} null where Node cannot tell */
function census() {
  /** @type {{ queryObjects?: (type: Function, options: { format: 'count' }) => number }} */
  const engine = v8;
  const { queryObjects } = engine;
  if (!queryObjects) return null;
  const counts = Object.entries(COUNTED).map(([name, type]) => [
    name,
    queryObjects(type, { format: 'count' }),
  ]);
  return { ...Object.fromEntries(counts), heapBytes: process.memoryUsage().heapUsed };
}
