import { setTimeout as delay } from 'node:timers/promises';
import { rssOf } from '../rig/proc.mjs';
import { targetOf } from '../rig/rig.mjs';
import { serves } from './scenario.mjs';

/** A token a second for ten minutes. */
const SLOW_MODEL = 'paced:600x1000';
const CALM_MS = 3_000;

/**
 * Resident memory of a held stream, and memory after all streams have ended. @type
 * {import('./scenario.mjs').Scenario}
 */
export const memory = {
  name: 'memory',
  goals: [6],
  baseline: false,
  covers: (subject) => serves(subject) && subject.streamPath === undefined,
  measure: async ({ rig, subject, sizes }) => {
    const service = await rig.fresh(subject);
    try {
      const target = targetOf(subject, service);
      await rig.warm(service.pid, target);
      const calmMs = Math.min(CALM_MS, sizes.settleMs);
      await delay(calmMs);
      const idle = rssOf(service.pid);
      const streams = sizes.held;
      const { begun } = await rig.load.ask('hold', {
        target,
        streams,
        model: SLOW_MODEL,
        firstClient: 0,
      });
      await delay(calmMs);
      const held = rssOf(service.pid);
      const { cut } = await rig.load.ask('release');
      const after = await settled(service.pid, idle, sizes.settleMs);
      const values = {
        kilobytesPerStream: (held - idle) / streams / 1000,
        idleMegabytes: idle / 1e6,
        heldMegabytes: held / 1e6,
        afterMegabytes: after / 1e6,
        afterOverIdle: after / idle,
      };
      const failed = begun < streams || cut > 0;
      return { values, void: failed ? `only ${begun} streams began, ${cut} were cut` : null };
    } finally {
      await service.stop();
    }
  },
};

/** Least memory within the wait, or the first that is back at 1.2 times idle. */
async function settled(
  /** @type {number} */ pid,
  /** @type {number} */ idle,
  /** @type {number} */ longestMs,
) {
  const until = performance.now() + longestMs;
  let least = Infinity;
  do {
    await delay(500);
    least = Math.min(least, rssOf(pid));
  } while (performance.now() < until && least > 1.2 * idle);
  return least;
}
