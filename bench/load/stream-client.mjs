import { openConnection } from './connection.mjs';
import { PROTOCOLS, Scanner } from './scanner.mjs';

/**
 * @typedef {object} StreamEvents
 * @property {(waitedMs: number, startedAt: number) => void} [onFirst] the first token came
 * @property {(gapMs: number, tokens: number) => void} [onTokens] further tokens came, in one read
 * @property {(end: StreamEnd) => void} [onEnd] the answer is over, or was cut
 *
 * @typedef {object} StreamEnd
 * @property {number} tokens
 * @property {boolean} whole status 200, and the stream said that it is done
 * @property {number} bytes of the response, its head too
 * @property {string | null} text what came, where it was kept
 */

/** `HTTP/1.1 200` */
const STATUS_AT = 9;
const DIGIT_2 = 0x32;

/** A client that reads one stream after the other over a kept connection. */
export class StreamClient {
  #target;
  #client;
  #events;
  #scanner;
  /** @type {import('node:net').Socket | null} */
  #socket = null;
  #reading = false;
  #accepted = false;
  #startedAt = 0;
  #lastAt = 0;
  #bytes = 0;
  /** @type {Buffer[] | null} */
  #kept = null;

  /**
   * @param {import('./requests.mjs').Target} target
   * @param {number} client
   * @param {StreamEvents} events
   */
  constructor(target, client, events) {
    this.#target = target;
    this.#client = client;
    this.#events = events;
    this.#scanner = new Scanner(PROTOCOLS[target.wire]);
  }

  get reading() {
    return this.#reading;
  }

  get tokens() {
    return this.#scanner.tokens;
  }

  /** @param {Buffer} request @param {{ keep?: boolean }} [options] `keep`: the text is wanted */
  ask(request, { keep = false } = {}) {
    const socket = this.#socket ?? this.#connect();
    this.#scanner.reset();
    this.#reading = true;
    this.#accepted = false;
    this.#bytes = 0;
    this.#kept = keep ? [] : null;
    this.#startedAt = performance.now();
    socket.write(request);
  }

  #connect() {
    const socket = openConnection(
      { port: this.#target.port, client: this.#client },
      {
        onBytes: (bytes, length) => this.#read(bytes, length),
        onClose: () => this.#onClose(socket),
      },
    );
    this.#socket = socket;
    return socket;
  }

  /** Leaves at once, as a browser tab does. */
  leave() {
    this.#reading = false;
    this.#socket?.destroy();
    this.#socket = null;
  }

  /** @param {Buffer} bytes @param {number} length */
  #read(bytes, length) {
    if (!this.#reading) return;
    const now = performance.now();
    if (!this.#accepted) {
      this.#accepted = bytes[STATUS_AT] === DIGIT_2;
      if (!this.#accepted) return this.#refused();
    }
    this.#bytes += length;
    this.#kept?.push(Buffer.from(bytes.subarray(0, length)));
    const before = this.#scanner.tokens;
    this.#scanner.feed(bytes, length);
    const fresh = this.#scanner.tokens - before;
    if (fresh > 0) this.#onTokens(now, fresh, before === 0);
    if (this.#scanner.ended) this.#finish();
  }

  /** @param {number} now @param {number} fresh @param {boolean} first */
  #onTokens(now, fresh, first) {
    const { onFirst, onTokens } = this.#events;
    if (first) {
      onFirst?.(now - this.#startedAt, this.#startedAt);
      // The others of this read came without a gap.
      if (fresh > 1) onTokens?.(0, fresh - 1);
    } else onTokens?.(now - this.#lastAt, fresh);
    this.#lastAt = now;
  }

  /** The body of a refusal is not read: the next request takes another connection. */
  #refused() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.destroy();
    this.#finish();
  }

  #finish() {
    this.#reading = false;
    const text = this.#kept && Buffer.concat(this.#kept).toString('utf8');
    this.#events.onEnd?.({
      tokens: this.#scanner.tokens,
      whole: this.#accepted && this.#scanner.done,
      bytes: this.#bytes,
      text,
    });
  }

  /** @param {import('node:net').Socket} socket */
  #onClose(socket) {
    if (this.#socket !== socket) return;
    this.#socket = null;
    if (this.#reading) this.#finish();
  }
}
