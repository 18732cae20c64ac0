/**
 * One thing that is measured, the same way for every subject.
 *
 * @typedef {import('../subjects/subjects.mjs').Subject} Subject
 *
 * @typedef {object} Measurement
 * @property {Record<string, number>} values
 * @property {string | null} void why it does not count; null: it does
 *
 * @typedef {object} Scenario
 * @property {string} name as `--only` takes it
 * @property {number[]} goals of the table that it is for
 * @property {boolean} baseline whether the fake itself is measured first
 * @property {(subject: Subject) => boolean} covers
 * @property {(context: Context) => Promise<Measurement>} measure
 *
 * @typedef {object} Context
 * @property {import('../rig/rig.mjs').Rig} rig
 * @property {Subject} subject
 * @property {import('../sizes.mjs').Sizes} sizes
 * @property {Measurement | null} direct the baseline of this round, where there is one
 */

/** Above this the rig, not the subject, may be what limits. */
const RIG_BOUND = 0.85;
/** More than this of the service's core taken by others, and the figure is theirs too. */
const FOREIGN_BOUND = 0.1;

/**
 * Why a window does not count.
 *
 * @param {import('../rig/meter.mjs').Usage} usage
 */
export function voidReason({ rigCore, foreign }) {
  if (rigCore > RIG_BOUND) return `rig's core ${percent(rigCore)} busy`;
  if (foreign > FOREIGN_BOUND) return `others took ${percent(foreign)} of the service's core`;
  return null;
}

/** @param {number} share */
export function percent(share) {
  return `${Math.round(share * 100)} %`;
}

/** Subjects that serve clients, logs, limits and metrics on. @param {Subject} subject */
export function serves({ role, name }) {
  return role !== 'direct' && !/-(bare|unmetered)$/.test(name);
}
