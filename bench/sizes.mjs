/**
 * How long and how much is measured.
 *
 * @typedef {object} Sizes
 * @property {number} firstTokenMs
 * @property {number} tokensMs
 * @property {number} answersMs
 * @property {number} warmMs
 * @property {number} workMs how long a new subject works, at each kind of work, before it is measured: at
 *   full size some thousand of each, as a service sees in its first minutes
 * @property {number} capacityMs
 * @property {number[]} ladder numbers of streams that a capacity may be
 * @property {number} held streams for the memory of one
 * @property {number} settleMs longest wait for memory to come back
 * @property {number} aborts
 * @property {number} patienceMs how long what was left may take to be closed
 * @property {number[]} curve numbers of streams in the plot
 */

/** @type {Sizes} */
export const FULL = {
  firstTokenMs: 4_000,
  tokensMs: 5_000,
  answersMs: 4_000,
  warmMs: 1_500,
  workMs: 3_000,
  capacityMs: 3_000,
  ladder: [25, 50, 75, 100, 150, 200, 250, 300, 400, 500, 600, 700, 800, 900, 1000],
  held: 500,
  settleMs: 15_000,
  aborts: 10_000,
  patienceMs: 3_000,
  curve: [1, 10, 50, 100, 200, 300, 400, 500],
};

/** One round under two minutes: a smoke test of the rig and a first impression, no more. */
export const QUICK = {
  firstTokenMs: 1_000,
  tokensMs: 1_000,
  answersMs: 1_000,
  warmMs: 300,
  workMs: 300,
  capacityMs: 1_000,
  ladder: [100, 300, 600],
  held: 200,
  settleMs: 1_000,
  aborts: 200,
  patienceMs: 500,
  curve: [],
};
