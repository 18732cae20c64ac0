const BIN_MS = 0.01;
const BINS = 200_000;

/**
 * @typedef {object} Distribution milliseconds
 * @property {number} count
 * @property {number} p50
 * @property {number} p99
 * @property {number} max
 */

/** Counts durations in bins of 10 µs up to two seconds: adding one allocates nothing. */
export class Histogram {
  #bins = new Uint32Array(BINS);
  #count = 0;
  #max = 0;

  /** @param {number} ms */
  add(ms) {
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor(ms / BIN_MS)));
    this.#bins[bin] = (this.#bins[bin] ?? 0) + 1;
    this.#count += 1;
    if (ms > this.#max) this.#max = ms;
  }

  /** @param {number} share of the values that are not above the result */
  quantile(share) {
    let left = Math.ceil(this.#count * share);
    for (let bin = 0; bin < BINS; bin += 1) {
      left -= this.#bins[bin] ?? 0;
      if (left <= 0) return (bin + 0.5) * BIN_MS;
    }
    return NaN;
  }

  /** @returns {Distribution} */
  summary() {
    if (this.#count === 0) return { count: 0, p50: NaN, p99: NaN, max: NaN };
    return {
      count: this.#count,
      p50: this.quantile(0.5),
      p99: this.quantile(0.99),
      max: this.#max,
    };
  }
}
