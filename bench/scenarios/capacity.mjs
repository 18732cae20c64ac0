import { serves, voidReason } from './scenario.mjs';

const PACE_MS = 20;
const LONGEST_GAP_MS = 10 * PACE_MS;

/** Most streams at the pace, none lost, no gap over ten times the pace. @type {import('./scenario.mjs').Scenario} */
export const capacity = {
  name: 'capacity',
  goals: [4],
  baseline: false,
  covers: serves,
  measure: async ({ rig, subject, sizes }) => {
    const { pid, target } = await rig.open(subject);
    let [passed, failed] = [-1, sizes.ladder.length];
    let reason = null;
    while (failed - passed > 1) {
      const step = (passed + failed) >> 1;
      const streams = sizes.ladder[step] ?? 0;
      const { held, why } = await holds(rig, { pid, target, streams, measureMs: sizes.capacityMs });
      if (held) passed = step;
      else [failed, reason] = [step, why];
    }
    return { values: { streams: sizes.ladder[passed] ?? 0 }, void: reason };
  },
};

/**
 * @param {import('../rig/rig.mjs').Rig} rig
 * @param {{ pid: number, target: import('../load/requests.mjs').Target, streams: number, measureMs: number }} shape
 */
async function holds(rig, shape) {
  /** @type {import('../load/steady.mjs').SteadyResult} */
  const result = await rig.load.ask('steady', {
    tokens: 64,
    paceMs: PACE_MS,
    warmMs: 500,
    ...shape,
  });
  const { lost, broken, gaps, usage } = result;
  const held = lost === 0 && broken === 0 && gaps.max <= LONGEST_GAP_MS;
  // What was held was held, however busy the rig was; a failure may be the rig's.
  return { held, why: held ? null : voidReason(usage) };
}
