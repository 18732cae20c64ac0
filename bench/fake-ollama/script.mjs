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

/** @typedef {'ollama' | 'openai'} Api whose lines the answer has */

/** @type {Map<string, Script>} */
const scripts = new Map();

/**
 * The script of a model; null where there is no such model.
 *
 * @param {string} model
 * @param {Api} [api]
 */
export function scriptOf(model, api = 'ollama') {
  const key = `${api} ${model}`;
  const known = scripts.get(key);
  if (known) return known;
  const shape = SHAPE.exec(model);
  if (!shape) return null;
  const tokens = Number(shape[2] ?? shape[5] ?? 0);
  const pieces = api === 'ollama' ? ollamaLines(model, tokens) : openAiEvents(model, tokens);
  const paceMs = Number(shape[3] ?? 0);
  const made = { paceMs, silent: shape[6] !== undefined, pieces, whole: Buffer.concat(pieces) };
  scripts.set(key, made);
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

/** @param {string} model @param {number} tokens */
function ollamaLines(model, tokens) {
  const head = { model, created_at: '2026-01-05T09:00:00.123456789Z' };
  const pieces = Array.from({ length: tokens }, (_, index) =>
    line({ ...head, message: { role: 'assistant', content: tokenText(index) }, done: false }),
  );
  pieces.push(
    line({
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
  return pieces;
}

/** As vLLM writes them. @param {string} model @param {number} tokens */
function openAiEvents(model, tokens) {
  const head = {
    id: 'chatcmpl-0123456789abcdef0123456789abcdef',
    object: 'chat.completion.chunk',
    created: 1_767_603_600,
    model,
  };
  const event = (/** @type {object} */ delta, /** @type {string | null} */ reason) => {
    const choice = { index: 0, delta, logprobs: null, finish_reason: reason };
    return `data: ${JSON.stringify({ ...head, choices: [choice] })}\n\n`;
  };
  const usage = { prompt_tokens: 26, completion_tokens: tokens, total_tokens: 26 + tokens };
  const counts = `data: ${JSON.stringify({ ...head, choices: [], usage })}\n\n`;
  return [
    ...Array.from({ length: tokens }, (_, index) =>
      chunk(event({ content: tokenText(index) }, null)),
    ),
    chunk(`${event({}, 'stop')}${counts}data: [DONE]\n\n`),
  ];
}

/** @param {object} value */
function line(value) {
  return chunk(`${JSON.stringify(value)}\n`);
}

/** @param {string} text */
function chunk(text) {
  return Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
}
