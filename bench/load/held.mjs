import { setTimeout as delay } from 'node:timers/promises';
import { streamRequest } from './requests.mjs';
import { StreamClient } from './stream-client.mjs';

/**
 * @typedef {object} HoldOrder
 * @property {import('./requests.mjs').Target} target
 * @property {string} model a slow one
 * @property {number} streams
 * @property {number} firstClient number of the first client, so that others are others
 */

/** @type {{ clients: StreamClient[], cut: number }} */
let held = { clients: [], cut: 0 };

/**
 * Opens streams and keeps them; resolves once each has its first token, or within 30 s.
 *
 * @param {HoldOrder} order
 */
export async function hold({ target, model, streams, firstClient }) {
  const state = { clients: /** @type {StreamClient[]} */ ([]), cut: 0 };
  held = state;
  const request = streamRequest(target, model);
  let begun = 0;
  for (let index = 0; index < streams; index += 1) {
    const client = new StreamClient(target, firstClient + index, {
      onFirst: () => (begun += 1),
      onEnd: () => (state.cut += 1),
    });
    state.clients.push(client);
    client.ask(request);
    if (index % 10 === 9) await delay(10);
  }
  const until = performance.now() + 30_000;
  while (begun < streams && state.cut === 0 && performance.now() < until) await delay(20);
  return { begun };
}

/** All of them disconnect. Returns how many had been interrupted before. */
export function release() {
  for (const client of held.clients) client.leave();
  return { cut: held.cut };
}
