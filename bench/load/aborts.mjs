import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../rig/clock.mjs';
import { streamRequest } from './requests.mjs';
import { StreamClient } from './stream-client.mjs';

/**
 * @typedef {object} AbortsOrder
 * @property {import('./requests.mjs').Target} target
 * @property {number} aborts
 * @property {number} atOnce
 * @property {number} firstMark requests are marked from here on
 */

/** That of the bystanders: what one model's reader does must not touch another's. */
const SLOW_MODEL = 'paced:600x1000';
/** Time for the request to get through to the model, for those who leave before the first token. */
const PROMPT_MS = 60;

/**
 * Clients that leave: every other one while the model still reads the prompt, the rest after a few
 * tokens.
 *
 * @param {AbortsOrder} order
 * @returns {Promise<[mark: number, goneAtMs: number][]>}
 */
export async function aborts({ target, aborts: count, atOnce, firstMark }) {
  /** @type {[number, number][]} */
  const gone = [];
  let next = 0;
  const oneAfterTheOther = async (/** @type {number} */ client) => {
    while (next < count) {
      const number = next;
      next += 1;
      await leaveOne(target, client, firstMark + number, number % 2 === 0);
      gone.push([firstMark + number, monotonicMs()]);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, (_, client) => oneAfterTheOther(client)));
  return gone;
}

/**
 * @param {import('./requests.mjs').Target} target
 * @param {number} client
 * @param {number} mark
 * @param {boolean} early
 */
async function leaveOne(target, client, mark, early) {
  let seen = () => {};
  const tokens = new Promise((resolve) => (seen = () => resolve(null)));
  const reader = new StreamClient(target, client, { onFirst: seen, onEnd: seen });
  reader.ask(streamRequest(target, early ? 'silent:1' : SLOW_MODEL, `mark:${mark}`));
  await (early ? delay(PROMPT_MS) : tokens);
  if (!early) await delay(mark % 40);
  reader.leave();
}
