/**
 * Finds stop texts in a stream of pieces. A tail that may still grow into a stop text is held back
 * until it is known not to be one, so no client ever gets a part of it.
 */
export class StopFilter {
  #stops;
  #held = '';

  /** @param {string[]} stops Not empty ones. */
  constructor(stops) {
    this.#stops = stops;
  }

  /**
   * @param {string} piece
   * @returns {{ text: string, stopped: boolean }} the text that may be shown now
   */
  push(piece) {
    const text = this.#held + piece;
    const found = this.#stops.map((stop) => text.indexOf(stop)).filter((index) => index >= 0);
    if (found.length > 0) {
      this.#held = '';
      return { text: text.slice(0, Math.min(...found)), stopped: true };
    }
    const tail = Math.max(0, ...this.#stops.map((stop) => overlap(text, stop)));
    this.#held = text.slice(text.length - tail);
    return { text: text.slice(0, text.length - tail), stopped: false };
  }

  /** What was held back and turned out to be ordinary text. */
  rest() {
    const text = this.#held;
    this.#held = '';
    return text;
  }
}

/**
 * How many characters at the end of `text` are the beginning of `stop`.
 *
 * @param {string} text
 * @param {string} stop
 */
function overlap(text, stop) {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length -= 1) {
    if (stop.startsWith(text.slice(text.length - length))) return length;
  }
  return 0;
}
