import { DIRECT } from './subjects/subjects.mjs';

/**
 * @typedef {import('./plan.mjs').Entry} Entry
 * @typedef {import('./scenarios/scenario.mjs').Measurement} Measurement
 * @typedef {import('./subjects/subjects.mjs').Subject} Subject
 * @typedef {Measurement & { round: number, scenario: string, subject: string }} Sample
 */

/** A cell whose rounds are void is tried again, up to this many times the rounds wanted. */
const PATIENCE = 2;

/** Measures the plan round by round, the subjects of each scenario one right after the other. */
export class Run {
  /** @type {Sample[]} */
  samples = [];
  #rig;
  #sizes;
  #options;

  /**
   * @param {import('./rig/rig.mjs').Rig} rig
   * @param {import('./sizes.mjs').Sizes} sizes
   * @param {{ rounds: number, keepVoid: boolean, quick: boolean, minutes: number, say: (line: string) => void }} options
   */
  constructor(rig, sizes, options) {
    this.#rig = rig;
    this.#sizes = sizes;
    this.#options = options;
  }

  /** @param {Entry[]} plan */
  async all(plan) {
    const { rounds, keepVoid, quick, minutes } = this.#options;
    const until = performance.now() + minutes * 60_000;
    const most = keepVoid || quick ? rounds : rounds * PATIENCE;
    for (let round = 1; round <= most && performance.now() < until; round += 1) {
      for (const entry of plan) await this.#scenario(entry, round);
      await this.#rig.endRound();
    }
  }

  /** @param {Entry} entry @param {number} round */
  async #scenario({ scenario, subjects }, round) {
    const missing = subjects.filter(
      ({ name }) => this.#valid(scenario.name, name) < this.#options.rounds,
    );
    if (missing.length === 0) return;
    const direct = scenario.baseline ? await this.#one(scenario, DIRECT, round, null) : null;
    // The first subject of one round is the last of another.
    const shift = round % missing.length;
    for (const subject of [...missing.slice(shift), ...missing.slice(0, shift)]) {
      await this.#one(scenario, subject, round, direct);
    }
  }

  /**
   * @param {Entry['scenario']} scenario
   * @param {Subject} subject
   * @param {number} round
   * @param {Measurement | null} direct
   */
  async #one(scenario, subject, round, direct) {
    const context = { rig: this.#rig, subject, sizes: this.#sizes, direct };
    const measured = await scenario.measure(context).catch(failure);
    const baseline = direct?.void ? `baseline: ${direct.void}` : null;
    const sample = {
      round,
      scenario: scenario.name,
      subject: subject.name,
      values: measured.values,
      void: measured.void ?? baseline,
    };
    this.samples.push(sample);
    this.#options.say(inShort(sample));
    return measured;
  }

  /** @param {string} scenario @param {string} subject */
  #valid(scenario, subject) {
    const { keepVoid } = this.#options;
    return this.samples.filter(
      (sample) =>
        sample.scenario === scenario && sample.subject === subject && (keepVoid || !sample.void),
    ).length;
  }
}

/** One subject that fails does not end a run of an hour. @param {unknown} error @returns {Measurement} */
function failure(error) {
  return { values: {}, void: `failed: ${error instanceof Error ? error.message : String(error)}` };
}

/** @param {Sample} sample */
function inShort({ round, scenario, subject, values, void: why }) {
  const shown = Object.entries(values)
    .filter(([, value]) => Number.isFinite(value))
    .map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`)
    .join(', ');
  return `round ${round} · ${scenario} · ${subject}: ${shown}${why ? ` · VOID: ${why}` : ''}`;
}
