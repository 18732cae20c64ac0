import { once } from 'node:events';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const START_PATIENCE_MS = 60_000;

/** A port of the loopback on which no process listens now. */
export async function freePort() {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

/**
 * Waits until the process answers HTTP.
 *
 * @param {number} port
 * @param {string} path
 * @param {() => boolean} running
 */
export async function answering(port, path, running) {
  const until = performance.now() + START_PATIENCE_MS;
  while (performance.now() < until) {
    if (!running()) throw new Error('The service ended while it started');
    if ((await statusOf(port, path)) === 200) return;
    await delay(50);
  }
  throw new Error(`The service did not answer within ${START_PATIENCE_MS / 1000} s`);
}

/** @param {number} port @param {string} path @returns {Promise<number | undefined>} */
function statusOf(port, path) {
  return new Promise((resolve) => {
    get({ port, path, host: '127.0.0.1', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', () => resolve(undefined));
  });
}
