/**
 * The model's name determines the answer of the fake, so that it needs no other control:
 *
 * - `paced:64x20`: 64 tokens, the first at once, then one every 20 ms, then the line that is done;
 * - `instant:64`: 64 tokens and the end in one write;
 * - `silent:1`: reads the prompt forever, as a large model does while it loads.
 *
 * Lines are those of Ollama 0.9, made once and shared by all streams.
 */

/**
 * @typedef {object} Script
 * @property {number} paceMs 0: all at once
 * @property {boolean} silent
 * @property {Buffer[]} pieces one HTTP chunk a line; the last one says `done`
 * @property {Buffer} whole all of them
 */

const WORDS = 'the sky is blue because air scatters short waves of light more than long ones'.split(
  ' ',
);
const SHAPE = /^(?:(paced):(\d+)x(\d+)|(instant):(\d+)|(silent):\d+)$/;

/** @type {Map<string, Script>} */
const scripts = new Map();

/**
 * The script of a model; null where there is no such model.
 *
 * @param {string} model
 */
export function scriptOf(model) {
  const known = scripts.get(model);
  if (known) return known;
  const shape = SHAPE.exec(model);
  if (!shape) return null;
  const made = makeScript(model, {
    tokens: Number(shape[2] ?? shape[5] ?? 0),
    paceMs: Number(shape[3] ?? 0),
    silent: shape[6] !== undefined,
  });
  scripts.set(model, made);
  return made;
}

/**
 * The text of token `index` (from 0), the same in every answer.
 *
 * @param {number} index
 */
export function tokenText(index) {
  const word = WORDS[index % WORDS.length] ?? '';
  return index === 0 ? word : ` ${word}`;
}

/** @param {number} tokens */
export function answerText(tokens) {
  return Array.from({ length: tokens }, (_, index) => tokenText(index)).join('');
}

/**
 * @param {string} model
 * @param {{ tokens: number, paceMs: number, silent: boolean }} shape
 * @returns {Script}
 */
function makeScript(model, { tokens, paceMs, silent }) {
  const head = { model, created_at: '2026-01-05T09:00:00.123456789Z' };
  const pieces = Array.from({ length: tokens }, (_, index) =>
    chunk({ ...head, message: { role: 'assistant', content: tokenText(index) }, done: false }),
  );
  pieces.push(
    chunk({
      ...head,
      message: { role: 'assistant', content: '' },
      done_reason: 'stop',
      done: true,
      total_duration: 1_400_000_000,
      load_duration: 20_000_000,
      prompt_eval_count: 26,
      prompt_eval_duration: 90_000_000,
      eval_count: tokens,
      eval_duration: 1_280_000_000,
    }),
  );
  return { paceMs, silent, pieces, whole: Buffer.concat(pieces) };
}

/** @param {object} line */
function chunk(line) {
  const text = `${JSON.stringify(line)}\n`;
  return Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
}
