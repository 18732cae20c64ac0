/**
 * @typedef {import('../run.mjs').Sample} Sample
 * @typedef {object} Cell What a subject came to in a scenario
 * @property {Record<string, number>} values medians over the rounds that count
 * @property {number} rounds
 * @property {string[]} voids why rounds did not count
 */

/** Medians of everything that was measured. */
export class Medians {
  /** @type {Map<string, Cell>} */
  #cells = new Map();

  /** @param {Sample[]} samples @param {boolean} keepVoid */
  constructor(samples, keepVoid) {
    const names = new Set(samples.map(({ scenario, subject }) => `${scenario} ${subject}`));
    for (const name of names) {
      const [scenario, subject] = name.split(' ');
      const own = samples.filter((one) => one.scenario === scenario && one.subject === subject);
      this.#cells.set(name, cellOf(own, keepVoid));
    }
  }

  /** @param {string} scenario @param {string} subject */
  cell(scenario, subject) {
    return this.#cells.get(`${scenario} ${subject}`) ?? null;
  }

  /**
   * One median; NaN where nothing valid was measured.
   *
   * @param {string} scenario
   * @param {string} subject
   * @param {string} value
   */
  value(scenario, subject, value) {
    return this.cell(scenario, subject)?.values[value] ?? NaN;
  }

  /** @returns {Record<string, Cell>} */
  toJSON() {
    return Object.fromEntries(this.#cells);
  }
}

/** @param {Sample[]} samples @param {boolean} keepVoid @returns {Cell} */
function cellOf(samples, keepVoid) {
  const valid = samples.filter((sample) => keepVoid || sample.void === null);
  const names = new Set(valid.flatMap(({ values }) => Object.keys(values)));
  const values = [...names].map((name) => [
    name,
    median(valid.map((sample) => sample.values[name] ?? NaN).filter(Number.isFinite)),
  ]);
  return {
    values: Object.fromEntries(values),
    rounds: valid.length,
    voids: samples.flatMap((sample) => sample.void ?? []),
  };
}

/** @param {number[]} numbers */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}
