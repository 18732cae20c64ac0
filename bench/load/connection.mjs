import { connect } from 'node:net';

/** All sockets read into this one: what is read is used before the next read. */
const SHARED = Buffer.allocUnsafe(64 * 1024);

/**
 * @typedef {object} ConnectionEvents
 * @property {(bytes: Buffer, length: number) => void} onBytes valid during the call only
 * @property {() => void} onClose also after an error
 */

/**
 * One TCP connection of one client, without Node's streams between socket and reader. Each client has
 * a loopback address of its own where the system allows it, since a limit is a client's.
 *
 * @param {{ port: number, client: number }} target
 * @param {ConnectionEvents} events
 */
export function openConnection({ port, client }, { onBytes, onClose }) {
  const socket = connect({
    port,
    host: '127.0.0.1',
    noDelay: true,
    ...(process.platform === 'linux' && { localAddress: addressOf(client) }),
    onread: {
      buffer: SHARED,
      callback: (length, bytes) => {
        onBytes(/** @type {Buffer} */ (bytes), length);
        return true;
      },
    },
  });
  socket.on('error', () => undefined);
  socket.on('close', onClose);
  return socket;
}

/** @param {number} client from 0 */
function addressOf(client) {
  const number = client % 60_000;
  return `127.0.${1 + Math.floor(number / 250)}.${1 + (number % 250)}`;
}
