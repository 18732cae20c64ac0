import { groupOf } from './groups.mjs';
import { originalFrame } from './original-frames.mjs';

/**
 * @typedef {{ functionName: string, url: string, lineNumber: number, columnNumber: number }} Frame
 * @typedef {{ callFrame: Frame, weight: number }} Weighed time or bytes of a frame itself
 */

/** A sample that took longer than this was not running: another process had the core meanwhile. */
const LONGEST_SAMPLE_US = 500;

/** @param {{ nodes: { id: number, callFrame: Frame }[], samples?: number[], timeDeltas?: number[] }} profile */
export function cpuWeights({ nodes, samples = [], timeDeltas = [] }) {
  const weights = new Map(nodes.map(({ id, callFrame }) => [id, { callFrame, weight: 0 }]));
  samples.forEach((id, index) => {
    const node = weights.get(id);
    if (node) node.weight += Math.min(timeDeltas[index] ?? 0, LONGEST_SAMPLE_US);
  });
  return [...weights.values()];
}

/**
 * @typedef {{ callFrame: Frame, selfSize: number, children: HeapNode[] }} HeapNode
 * @param {{ head: HeapNode }} profile
 */
export function heapWeights({ head }) {
  /** @type {Weighed[]} */
  const weights = [];
  const visit = (/** @type {HeapNode} */ { callFrame, selfSize, children }) => {
    weights.push({ callFrame, weight: selfSize });
    children.forEach(visit);
  };
  visit(head);
  return weights;
}

/**
 * Shares by group, and the functions that take most themselves, as lines of text.
 *
 * @param {Weighed[]} weights
 * @param {{ unit: string, perTask: number }} scale what a weight counts, and how many tasks there were
 */
export function summary(weights, { unit, perTask }) {
  const work = weights
    .filter(({ weight }) => weight > 0)
    .map(({ callFrame, weight }) => ({ callFrame: originalFrame(callFrame), weight }))
    .filter(({ callFrame }) => groupOf(callFrame) !== null);
  const all = work.reduce((sum, { weight }) => sum + weight, 0);
  const line = (/** @type {[string, number]} */ [name, weight]) => {
    const share = `${((weight / all) * 100).toFixed(1)} %`.padStart(7);
    return `${share} ${(weight / perTask).toFixed(2).padStart(8)} ${unit}  ${name}`;
  };
  const groups = totals(work, ({ callFrame }) => groupOf(callFrame) ?? '');
  const functions = totals(work, ({ callFrame }) => nameOf(callFrame));
  return [...groups.map(line), '', ...functions.slice(0, 40).map(line)];
}

/** @param {Weighed[]} weights @param {(weighed: Weighed) => string} keyOf */
function totals(weights, keyOf) {
  /** @type {Map<string, number>} */
  const sums = new Map();
  for (const one of weights) sums.set(keyOf(one), (sums.get(keyOf(one)) ?? 0) + one.weight);
  return [...sums].sort(([, a], [, b]) => b - a);
}

/** @param {Frame} frame */
function nameOf({ functionName, url, lineNumber }) {
  const file = url.replace(/^.*\/(?=src\/|node_modules\/)/, '').replace(/^node_modules\//, '');
  return `${functionName || '(anonymous)'}${file ? `  ${file}:${lineNumber + 1}` : ''}`;
}
