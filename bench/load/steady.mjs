import { setTimeout as delay } from 'node:timers/promises';
import { answerText } from '../fake-ollama/script.mjs';
import { Histogram } from '../rig/histogram.mjs';
import { meter } from '../rig/meter.mjs';
import { streamRequest } from './requests.mjs';
import { StreamClient } from './stream-client.mjs';
import { tokensOf } from './verify.mjs';

/**
 * @typedef {object} SteadyOrder
 * @property {import('./requests.mjs').Target} target
 * @property {number} pid the subject, whose CPU is measured
 * @property {number} streams held all the time: who is done asks again
 * @property {number} tokens of each answer
 * @property {number} paceMs
 * @property {number} warmMs after the last stream has begun
 * @property {number} measureMs
 *
 * @typedef {object} SteadyResult
 * @property {import('../rig/meter.mjs').Usage} usage
 * @property {number} tokens in the window
 * @property {number} answers that were whole, before, in and after the window
 * @property {number} bytesPerToken of whole answers, heads too
 * @property {number} lost tokens that never came
 * @property {number} broken answers that were cut, refused or wrong
 * @property {import('../rig/histogram.mjs').Distribution} first wait for a first token
 * @property {import('../rig/histogram.mjs').Distribution} gaps between tokens
 */

/** How long the last answers may take to end before their rest counts as lost. */
const DRAIN_MS = 10_000;
/** Every nth answer is compared with the expected text, word by word. */
const READ_EVERY = 61;

/**
 * Keeps so many streams going, spread evenly over the time of one, and measures a window of it.
 *
 * @param {SteadyOrder} order
 * @returns {Promise<SteadyResult>}
 */
export async function steady(order) {
  const run = new SteadyRun(order);
  await run.begin();
  await delay(order.warmMs);
  const usage = await run.measure();
  await run.drain();
  return { usage, ...run.result() };
}

class SteadyRun {
  #order;
  #expected;
  /** @type {StreamClient[]} */
  #clients = [];
  #first = new Histogram();
  #gaps = new Histogram();
  #measuring = false;
  #windowFrom = Infinity;
  #stopping = false;
  #asked = 0;
  #tokens = 0;
  #answers = 0;
  #bytes = 0;
  #lost = 0;
  #broken = 0;

  /** @param {SteadyOrder} order */
  constructor(order) {
    this.#order = order;
    this.#expected = answerText(order.tokens);
  }

  async begin() {
    const { streams, tokens, paceMs } = this.#order;
    const spreadMs = Math.max(200, tokens * paceMs);
    const startedAt = performance.now();
    for (let index = 0; index < streams; index += 1) {
      const dueInMs = startedAt + (spreadMs * index) / streams - performance.now();
      if (dueInMs > 1) await delay(dueInMs);
      this.#open(index);
    }
  }

  async measure() {
    const stop = meter(this.#order.pid);
    this.#windowFrom = performance.now();
    this.#measuring = true;
    await delay(this.#order.measureMs);
    this.#measuring = false;
    return stop();
  }

  /** Lets the streams that are open end by themselves. */
  async drain() {
    this.#stopping = true;
    const until = performance.now() + this.#order.tokens * this.#order.paceMs + DRAIN_MS;
    while (performance.now() < until && this.#clients.some(({ reading }) => reading))
      await delay(20);
    for (const client of this.#clients) {
      if (client.reading)
        this.#count({ tokens: client.tokens, whole: false, bytes: 0, text: null });
      client.leave();
    }
  }

  result() {
    return {
      tokens: this.#tokens,
      answers: this.#answers,
      bytesPerToken: this.#bytes / (this.#answers * this.#order.tokens),
      lost: this.#lost,
      broken: this.#broken,
      first: this.#first.summary(),
      gaps: this.#gaps.summary(),
    };
  }

  /** @param {number} index */
  #open(index) {
    const client = new StreamClient(this.#order.target, index, {
      onFirst: (waitedMs, startedAt) => {
        if (!this.#measuring) return;
        this.#tokens += 1;
        if (startedAt >= this.#windowFrom) this.#first.add(waitedMs);
      },
      onTokens: (gapMs, tokens) => this.#onTokens(gapMs, tokens),
      onEnd: (end) => {
        this.#count(end);
        // A server that closes at once must not be called in a loop without a pause.
        if (!this.#stopping)
          setTimeout(() => !this.#stopping && this.#ask(client), end.whole ? 0 : 50);
      },
    });
    this.#clients.push(client);
    this.#ask(client);
  }

  /** @param {StreamClient} client */
  #ask(client) {
    this.#asked += 1;
    const { target, tokens, paceMs } = this.#order;
    client.ask(streamRequest(target, `paced:${tokens}x${paceMs}`), {
      keep: this.#asked % READ_EVERY === 1,
    });
  }

  /** @param {number} gapMs @param {number} tokens */
  #onTokens(gapMs, tokens) {
    if (!this.#measuring) return;
    this.#tokens += tokens;
    this.#gaps.add(gapMs);
    for (let more = 1; more < tokens; more += 1) this.#gaps.add(0);
  }

  /** @param {import('./stream-client.mjs').StreamEnd} end */
  #count({ tokens, whole, bytes, text }) {
    this.#lost += Math.max(0, this.#order.tokens - tokens);
    const right = text === null || tokensOf(text).join('') === this.#expected;
    if (whole && right && tokens === this.#order.tokens) {
      this.#answers += 1;
      this.#bytes += bytes;
    } else this.#broken += 1;
  }
}
