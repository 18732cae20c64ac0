/**
 * The options of Ollama's API that are honoured here, under its names and with its defaults.
 *
 * @typedef {object} Options
 * @property {number} temperature 0 always takes the likeliest token.
 * @property {number} top_p
 * @property {number} top_k
 * @property {number} min_p
 * @property {number} repeat_penalty 1 is none.
 * @property {number} presence_penalty 0 is none.
 * @property {number} frequency_penalty 0 is none.
 * @property {number} repeat_last_n Tokens that the penalties look back at; -1 is all of them.
 * @property {number} num_predict Most tokens of an answer; negative is as many as fit.
 * @property {number} num_ctx Tokens of prompt and answer together.
 * @property {number | null} seed Null or -1 draws one.
 * @property {string[]} stop Texts that end the answer and are not part of it.
 */

const NUMBERS = {
  temperature: 0.8,
  top_p: 0.9,
  top_k: 40,
  min_p: 0,
  repeat_penalty: 1.1,
  presence_penalty: 0,
  frequency_penalty: 0,
  repeat_last_n: 64,
  num_predict: -1,
  num_ctx: 4096,
};

/** An option of the wrong type; the message is safe to send. */
export class OptionError extends Error {}

/**
 * Unknown options are ignored, as Ollama does.
 *
 * @param {unknown} given
 * @returns {Options}
 */
export function parseOptions(given) {
  if (given === undefined || given === null) return { ...NUMBERS, seed: null, stop: [] };
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw new OptionError('options must be an object');
  }
  const values = new Map(Object.entries(given));
  const numbers = { ...NUMBERS };
  for (const name of /** @type {(keyof typeof NUMBERS)[]} */ (Object.keys(NUMBERS))) {
    numbers[name] = number(values, name) ?? NUMBERS[name];
  }
  return { ...numbers, seed: number(values, 'seed'), stop: texts(values, 'stop') };
}

/**
 * @param {Map<string, unknown>} values
 * @param {string} name
 */
function number(values, name) {
  const value = values.get(name);
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new OptionError(`option "${name}" must be of type number`);
}

/**
 * @param {Map<string, unknown>} values
 * @param {string} name
 */
function texts(values, name) {
  const value = values.get(name) ?? [];
  const list = typeof value === 'string' ? [value] : value;
  if (Array.isArray(list) && list.every((item) => typeof item === 'string')) {
    return list.filter((item) => item !== '');
  }
  throw new OptionError(`option "${name}" must be of type array of strings`);
}
