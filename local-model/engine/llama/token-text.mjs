/**
 * @typedef {import('./binding.mjs').Token} Token
 */

const REPLACEMENT = '\uFFFD';
const LONGEST_CHARACTER = 4;
const LOOK_BACK = 8;

/**
 * Turns tokens into text. A character may span several tokens: it is shown once it is whole, and
 * not at all if the answer ends inside it.
 */
export class TokenText {
  #detokenize;
  /** @type {Token[]} */
  #before = [];
  /** @type {Token[]} */
  #pending = [];

  /** @param {(tokens: Token[], specialTokens: boolean, before: Token[]) => string} detokenize */
  constructor(detokenize) {
    this.#detokenize = detokenize;
  }

  /**
   * @param {Token} token
   * @returns {string} text that is whole by now; empty inside a character
   */
  push(token) {
    this.#pending.push(token);
    const text = this.#detokenize(this.#pending, true, this.#before);
    if (text.endsWith(REPLACEMENT) && this.#pending.length < LONGEST_CHARACTER) return '';
    this.#before = [...this.#before, ...this.#pending].slice(-LOOK_BACK);
    this.#pending = [];
    return text;
  }
}
