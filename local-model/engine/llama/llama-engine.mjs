import { availableParallelism } from 'node:os';
import { Pool } from '../pool.mjs';
import { StopFilter } from '../stop-filter.mjs';
import { grammarState, loadLlama } from './binding.mjs';
import { grammarFor } from './grammar.mjs';
import { modelCard } from './model-card.mjs';
import { promptTokens, TURN_MARKS } from './prompt.mjs';
import { bestThreads } from './threads.mjs';
import { TokenText } from './token-text.mjs';

/**
 * @typedef {import('../engine.mjs').Engine} Engine
 * @typedef {import('../engine.mjs').GenerateRequest} GenerateRequest
 * @typedef {import('../engine.mjs').Piece} Piece
 * @typedef {import('../options.mjs').Options} Options
 * @typedef {import('./binding.mjs').Llama} Llama
 * @typedef {import('./binding.mjs').Model} Model
 * @typedef {import('./binding.mjs').Sequence} Sequence
 * @typedef {import('./binding.mjs').Token} Token
 *
 * @typedef {object} Begun An answer whose prompt is read but for `unread`.
 * @property {Sequence} sequence
 * @property {Token[]} unread
 * @property {number} most Tokens of the answer.
 * @property {number} promptTokens
 * @property {import('./binding.mjs').Grammar | null} grammar
 */

const SEQUENCES = 2;
const MOST_WAITING = 512;
const MOST_CONTEXT = 8192;
/** Tokens of a prompt read in one step: between steps an abort is noticed, within half a second. */
const PROMPT_STEP = 64;

/**
 * Loads a GGUF model; two answers are computed at once, further ones wait in turn.
 *
 * @param {{ file: string, sha256: string, threads: number | null }} weights
 * @returns {Promise<Engine>}
 */
export async function openLlamaEngine({ file, sha256, threads }) {
  const llama = await loadLlama();
  llama.maxThreads =
    threads ?? bestThreads({ mathCores: llama.cpuMathCores, allowed: availableParallelism() });
  const model = await llama.loadModel({ modelPath: file });
  const context = await model.createContext({
    contextSize: Math.min(model.trainContextSize, MOST_CONTEXT),
    sequences: SEQUENCES,
    batchSize: PROMPT_STEP * SEQUENCES,
    threads: llama.maxThreads,
  });
  const sequences = Array.from({ length: SEQUENCES }, () => context.getSequence());
  const pool = new Pool(sequences, MOST_WAITING);
  return {
    model: await modelCard(file, sha256, context.contextSize),
    generate: (request) =>
      generate({ llama, model, pool, contextSize: context.contextSize }, request),
    dispose: () => llama.dispose(),
  };
}

/**
 * @param {{ llama: Llama, model: Model, pool: Pool<Sequence>, contextSize: number }} engine
 * @param {GenerateRequest} request
 * @returns {AsyncGenerator<Piece>}
 */
async function* generate(engine, { messages, options, format, truncate, signal }) {
  const { llama, model, pool, contextSize } = engine;
  const grammar = format && (await grammarFor(llama, format));
  const window = Math.max(2, Math.min(options.num_ctx, contextSize));
  const prompt = promptTokens(messages, { window, truncate }, (text, special) =>
    model.tokenize(text, special),
  );
  // The sequence that has read most of this conversation need not read it again.
  const sequence = await pool.acquire(
    signal,
    (free) => free.compareContextTokens(prompt).firstDifferentIndex,
  );
  try {
    const unread = await readPrompt(sequence, prompt, signal);
    const room = window - prompt.length;
    const most = options.num_predict < 0 ? room : Math.min(Math.max(1, options.num_predict), room);
    const answer = { sequence, unread, most, promptTokens: prompt.length, grammar };
    yield* writeAnswer(model, answer, options, signal);
  } finally {
    pool.release(sequence);
  }
}

/**
 * Reads a prompt but for its last step, which the first token comes from.
 *
 * @param {Sequence} sequence
 * @param {Token[]} prompt
 * @param {AbortSignal} signal
 * @returns {Promise<Token[]>} the tokens that are still to be read
 */
async function readPrompt(sequence, prompt, signal) {
  await sequence.adaptStateToTokens(prompt.slice(0, -1), false);
  let unread = prompt.slice(sequence.nextTokenIndex);
  while (unread.length > PROMPT_STEP) {
    signal.throwIfAborted();
    await sequence.evaluateWithoutGeneratingNewTokens(unread.slice(0, PROMPT_STEP));
    unread = unread.slice(PROMPT_STEP);
  }
  signal.throwIfAborted();
  return unread;
}

/**
 * @param {Model} model
 * @param {Begun} answer
 * @param {Options} options
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<Piece>}
 */
async function* writeAnswer(model, answer, options, signal) {
  const { sequence, unread, most, promptTokens, grammar } = answer;
  const text = new TokenText((tokens, special, before) =>
    model.detokenize(tokens, special, before),
  );
  const stops = new StopFilter([...TURN_MARKS, ...options.stop]);
  /** @type {Token[]} */
  const written = [];
  /** @type {'stop' | 'length'} */
  let reason = 'stop';
  const sampling = {
    ...samplingFor(options, written),
    ...(grammar && { grammarEvaluationState: await grammarState(model, grammar) }),
  };
  for await (const token of sequence.evaluate(unread, sampling)) {
    signal.throwIfAborted();
    written.push(token);
    const piece = stops.push(text.push(token));
    if (piece.text !== '') yield { kind: 'text', text: piece.text };
    if (piece.stopped) break;
    if (written.length >= most) {
      reason = 'length';
      break;
    }
  }
  const last = stops.rest();
  if (last !== '') yield { kind: 'text', text: last };
  yield { kind: 'end', reason, promptTokens, answerTokens: written.length };
}

/**
 * @param {Options} options
 * @param {Token[]} written The answer so far; it grows.
 * @returns {import('./binding.mjs').Sampling}
 */
function samplingFor(options, written) {
  const lookBack = options.repeat_last_n < 0 ? Infinity : options.repeat_last_n;
  const { repeat_penalty, frequency_penalty, presence_penalty } = options;
  const penalised = repeat_penalty !== 1 || frequency_penalty !== 0 || presence_penalty !== 0;
  const seed = seedOf(options);
  return {
    temperature: Math.max(0, options.temperature),
    topP: options.top_p,
    topK: options.top_k,
    minP: options.min_p,
    ...(seed !== null && { seed }),
    repeatPenalty: penalised &&
      lookBack > 0 && {
        penalty: repeat_penalty,
        frequencyPenalty: frequency_penalty,
        presencePenalty: presence_penalty,
        punishTokens: () => written.slice(-lookBack),
      },
  };
}

/**
 * As Ollama has it: 32 bits, and -1 draws one.
 *
 * @param {Options} options
 */
function seedOf({ seed }) {
  return seed === null || seed === -1 ? null : seed >>> 0;
}
