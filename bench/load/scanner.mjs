/**
 * Finds what matters in the bytes of an answer without making a string of them: tokens, the event
 * that says done, the last chunk. A match may lie across reads.
 *
 * @typedef {{ token: string, done: string }} Protocol how a token and the end look on the wire
 */

const NDJSON = { token: '"done":false', done: '"done":true' };

/** @type {Record<import('./requests.mjs').Wire, Protocol>} */
export const PROTOCOLS = {
  sse: { token: '{"token":', done: '"done":true' },
  ndjson: NDJSON,
  'openai-chat': { token: '"content":', done: '[DONE]' },
  'openai-responses': {
    token: '"type":"response.output_text.delta"',
    done: '"type":"response.completed"',
  },
  'ai-sdk': { token: '"type":"text-delta"', done: '[DONE]' },
  ollama: NDJSON,
};

/** Ends a response in chunks; no JSON holds a bare carriage return. */
const LAST_CHUNK = '\r\n0\r\n\r\n';

/** Counts how often a text occurred. Its first character must not begin a second try within it. */
class Pattern {
  #bytes;
  #matched = 0;
  count = 0;

  /** @param {string} text */
  constructor(text) {
    this.#bytes = Buffer.from(text);
  }

  /** @param {number} byte */
  see(byte) {
    if (byte === this.#bytes[this.#matched]) {
      this.#matched += 1;
      if (this.#matched === this.#bytes.length) {
        this.count += 1;
        this.#matched = 0;
      }
    } else this.#matched = byte === this.#bytes[0] ? 1 : 0;
  }

  reset() {
    this.#matched = 0;
    this.count = 0;
  }
}

/** Reads one response after the other. */
export class Scanner {
  #token;
  #done;
  #last = new Pattern(LAST_CHUNK);

  /** @param {Protocol} protocol */
  constructor(protocol) {
    this.#token = new Pattern(protocol.token);
    this.#done = new Pattern(protocol.done);
  }

  /** Tokens so far. */
  get tokens() {
    return this.#token.count;
  }

  /** Whether the event that says done has come. */
  get done() {
    return this.#done.count > 0;
  }

  /** Whether the response is over. */
  get ended() {
    return this.#last.count > 0;
  }

  /** @param {Uint8Array} bytes @param {number} length */
  feed(bytes, length) {
    for (let at = 0; at < length; at += 1) {
      const byte = bytes[at] ?? 0;
      this.#token.see(byte);
      this.#done.see(byte);
      this.#last.see(byte);
    }
  }

  reset() {
    this.#token.reset();
    this.#done.reset();
    this.#last.reset();
  }
}
