import { serves, voidReason } from './scenario.mjs';

/**
 * @typedef {import('./scenario.mjs').Scenario} Scenario
 * @typedef {import('./scenario.mjs').Context} Context
 * @typedef {import('./scenario.mjs').Measurement} Measurement
 */

const PACE_MS = 20;
const TOKENS = 64;
/** A baseline whose own gaps are wider than this says nothing about a subject. */
const BASELINE_GAP_MS = PACE_MS + 10;

/** Wait for a first token by a client that is alone. @type {Scenario} */
export const firstToken = {
  name: 'first-token',
  goals: [1],
  baseline: true,
  covers: serves,
  measure: (context) =>
    tokens(context, { streams: 1, tokens: 1, paceMs: 5, measureMs: context.sizes.firstTokenMs }),
};

/** CPU and gaps with so many streams. @param {number} streams @param {number[]} goals @returns {Scenario} */
export function streaming(streams, goals) {
  return {
    name: `tokens-${streams}`,
    goals,
    baseline: true,
    covers: (subject) => serves(subject) || (goals.includes(10) && subject.role === 'ours'),
    measure: (context) => tokens(context, { streams, measureMs: context.sizes.tokensMs }),
  };
}

/** The same for the plot, one storage only. @param {number} streams @returns {Scenario} */
export function plotted(streams) {
  return {
    ...streaming(streams, []),
    name: `curve-${streams}`,
    covers: ({ name }) => ['raw', 'book', 'ours-memory'].includes(name),
  };
}

/**
 * @param {Context} context
 * @param {{ streams: number, measureMs: number, tokens?: number, paceMs?: number }} shape
 * @returns {Promise<Measurement>}
 */
async function tokens({ rig, subject, sizes, direct }, shape) {
  const { pid, target } = await rig.open(subject);
  const order = { tokens: TOKENS, paceMs: PACE_MS, warmMs: sizes.warmMs, ...shape, pid, target };
  /** @type {import('../load/steady.mjs').SteadyResult} */
  const result = await rig.load.ask('steady', order);
  const { usage, first, gaps } = result;
  const values = {
    cpuUsPerToken: usage.cpuUs / result.tokens,
    firstP50Ms: first.p50,
    firstP99Ms: first.p99,
    gapP50Ms: gaps.p50,
    gapP99Ms: gaps.p99,
    gapMaxMs: gaps.max,
    bytesPerToken: result.bytesPerToken,
    tokens: result.tokens,
    lost: result.lost,
    broken: result.broken,
    serviceCore: usage.cpuUs / 1e6 / usage.seconds,
    rigCore: usage.rigCore,
    foreign: usage.foreign,
    addedFirstP50Ms: first.p50 - (direct?.values.firstP50Ms ?? NaN),
    addedGapP99Ms: gaps.p99 - (direct?.values.gapP99Ms ?? NaN),
  };
  return { values, void: baselineReason(subject, values) ?? voidReason(usage) };
}

/** @param {import('./scenario.mjs').Subject} subject @param {Record<string, number>} values */
function baselineReason({ role }, { gapP99Ms = NaN, broken = 0 }) {
  if (role !== 'direct') return null;
  if (broken > 0) return 'the rig itself lost tokens';
  if (gapP99Ms > BASELINE_GAP_MS) return `the rig's own gaps reach ${gapP99Ms.toFixed(0)} ms`;
  return null;
}
