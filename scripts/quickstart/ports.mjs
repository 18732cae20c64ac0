import { once } from 'node:events';
import { createServer } from 'node:net';

const LOOPBACK = '127.0.0.1';

/**
 * The port that is wanted, else any free one.
 *
 * @param {string} host
 * @param {number} wanted 0 for any.
 * @returns {Promise<number>}
 */
export async function freePort(host, wanted) {
  const first = await portAt(host, wanted);
  // On some systems one may listen on every address though another has the port on loopback.
  if (first !== null && (await portAt(LOOPBACK, first)) !== null) return first;
  const other = await portAt(host, 0);
  if (other === null) throw new Error(`There is no free port on ${host}.`);
  return other;
}

/**
 * @param {string} host
 * @param {number} port 0 for any.
 * @returns {Promise<number | null>} null where one cannot listen
 */
async function portAt(host, port) {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : null;
  } catch {
    return null;
  } finally {
    if (server.listening) {
      server.close();
      await once(server, 'close');
    }
  }
}

/**
 * The address by which this machine reaches a server that listens on `host`.
 *
 * @param {string} host
 * @param {number} port
 */
export function localUrl(host, port) {
  const name = ['0.0.0.0', '::', LOOPBACK].includes(host) ? 'localhost' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
