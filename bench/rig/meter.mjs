import { CORES } from './cores.mjs';
import { coreTimes, cpuOf } from './proc.mjs';

/**
 * @typedef {object} Usage How busy the machine was in a window
 * @property {number} seconds
 * @property {number} cpuUs CPU time of the subject, all its processes
 * @property {number} rigCore share of the rig's core that was busy, with any process
 * @property {number} foreign share of the service's core that others than the subject took
 */

/**
 * Measures a window; call what it returns at the window's end.
 *
 * @param {number} pid the subject
 * @returns {() => Usage}
 */
export function meter(pid) {
  const startedAt = performance.now();
  const cpu = cpuOf(pid);
  const cores = coreTimes();
  return () => {
    const seconds = (performance.now() - startedAt) / 1000;
    const cpuUs = cpuOf(pid) - cpu;
    const share = shares(cores, coreTimes());
    const own = cpuUs / 1e6 / seconds;
    return {
      seconds,
      cpuUs,
      rigCore: CORES ? (share[CORES.rig] ?? NaN) : NaN,
      foreign: CORES ? Math.max(0, (share[CORES.service] ?? NaN) - own) : NaN,
    };
  };
}

/** @param {{ busy: number, all: number }[]} before @param {{ busy: number, all: number }[]} after */
function shares(before, after) {
  return after.map(({ busy, all }, core) => {
    const from = before[core] ?? { busy: 0, all: 0 };
    return (busy - from.busy) / Math.max(1, all - from.all);
  });
}
