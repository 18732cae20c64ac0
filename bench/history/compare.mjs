import { randomUUID } from 'node:crypto';
import { median } from '../report/medians.mjs';
import { meter } from '../rig/meter.mjs';
import { OWNER } from './conversations.mjs';
import { tokensOf, wholeTurn } from './our-store.mjs';

/**
 * @typedef {import('./our-store.mjs').Store} Store
 * @typedef {import('./databases/database.mjs').PlainDatabase} PlainDatabase
 * @typedef {{ id: string, updatedAt: number, messages: number }} Known a conversation that is there
 *
 * @typedef {object} Scene
 * @property {Store} store
 * @property {PlainDatabase} plain
 * @property {Known[]} known newest first
 * @property {number} depth of the far page
 * @property {() => number} random
 */

const PAGE = 20;
const NEWEST = 50;
const TURN = {
  question: 'And what came then, and why did it?',
  answer: 'It was so, and '.repeat(20),
};

/**
 * What is timed: each is one call from its start to its end, nothing else running.
 *
 * @param {Scene} scene
 * @returns {Record<string, (index: number) => Promise<unknown>>}
 */
export function operations({ store, plain, known, depth, random }) {
  const any = () => known[Math.floor(random() * known.length)] ?? raise();
  const before = known[depth - 1] ?? raise();
  const list = (/** @type {number} */ offset) =>
    store.conversations.list(OWNER, {
      archived: null,
      pinned: null,
      tag: null,
      sort: 'updatedAt',
      order: 'desc',
      limit: PAGE,
      from: { offset },
      until: null,
      // What builds without filters read.
      ...{ offset },
    });
  const append = async (
    /** @type {() => Promise<unknown>} */ begin,
    /** @type {() => Promise<unknown>} */ end,
  ) => {
    const target = any();
    const at = Date.now();
    await begin();
    await plain.append({ id: target.id, at, messages: nextMessages(target, at) });
    await end();
  };
  const key = () => randomUUID();
  return {
    'page 1, ours': () => list(0),
    'page at depth, ours': () => list(depth),
    'page in the middle, ours': () => list(Math.floor(known.length / 2)),
    'page past the end, ours': () => list(known.length),
    'page 1, by hand': () => plain.page(PAGE, 0),
    'page at depth, OFFSET by hand': () => plain.page(PAGE, depth),
    'page at depth, keyset by hand': () => plain.keysetPage(PAGE, before.updatedAt, before.id),
    'read newest 50, ours': () => store.conversations.find(OWNER, any().id, { limit: NEWEST }),
    'read newest 50, by hand': () => plain.read(any().id, NEWEST),
    'append a turn, ours': () => {
      const target = any();
      target.messages += 2;
      return wholeTurn(store, target.id, TURN);
    },
    'append by hand, one commit': () => append(nothing, nothing),
    'append by hand, claimed and ended': () => {
      const own = key();
      return append(
        () => plain.begin(claimOf(own), true),
        () => plain.end(own, TURN.answer, Date.now()),
      );
    },
    'append by hand, the same writes': async () => {
      const [target, own, at] = [any(), key(), Date.now()];
      const { id } = target;
      const messages = nextMessages(target, at);
      await plain.begin(claimOf(own), false);
      await plain.commit({ key: own, id, at, messages });
      const [response, tokens] = [TURN.answer, tokensOf(TURN.answer)];
      await plain.finish({ key: own, id, messageId: messages[1]?.[0], response, at, tokens });
    },
  };
}

/**
 * Rounds of all operations, one after the other; medians of what a call took, in microseconds.
 *
 * @param {ReturnType<typeof operations>} all
 * @param {{ rounds: number, calls: number }} shape
 */
export async function compare(all, { rounds, calls }) {
  /** @type {Record<string, number[]>} */
  const times = {};
  /** @type {number[]} */
  const foreign = [];
  for (let round = 0; round <= rounds; round += 1) {
    const stop = meter(process.pid);
    for (const [name, call] of Object.entries(all)) {
      const took = await timed(call, calls);
      // The first round warms up.
      if (round > 0) (times[name] ??= []).push(took);
    }
    if (round > 0) foreign.push(stop().foreign);
  }
  const medians = Object.entries(times).map(([name, took]) => [name, median(took)]);
  return {
    medians: /** @type {Record<string, number>} */ (Object.fromEntries(medians)),
    foreign: median(foreign),
  };
}

/** @param {(index: number) => Promise<unknown>} call @param {number} calls */
async function timed(call, calls) {
  /** @type {number[]} */
  const took = [];
  for (let index = 0; index < calls; index += 1) {
    const startedAt = performance.now();
    await call(index);
    took.push((performance.now() - startedAt) * 1000);
  }
  return median(took);
}

/** A question and its answer, numbered after what is there. @param {Known} target @param {number} at */
function nextMessages(target, at) {
  const row = (/** @type {'user' | 'assistant'} */ role, /** @type {string} */ content) => {
    target.messages += 1;
    return [randomUUID(), OWNER, target.id, target.messages * 3, role, content, at, 'complete'];
  };
  return [row('user', TURN.question), row('assistant', TURN.answer)];
}

/** @param {string} key */
function claimOf(key) {
  const place = ['some-conversation', randomUUID(), 'llama2', 'by-hand', 'cancel', Date.now()];
  return [key, OWNER, key, ...place, key, key];
}

const nothing = async () => undefined;

/** @returns {never} */
function raise() {
  throw new Error('There are too few conversations');
}
