const NS_PER_MS = 1_000_000;

/** The JSON objects of one answer, as Ollama writes them, with its clock. */
export class Answer {
  #model;
  #start = performance.now();
  /** @type {number | null} */
  #firstToken = null;

  /** @param {string} model */
  constructor(model) {
    this.#model = model;
  }

  /** @param {string} text */
  piece(text) {
    this.#firstToken ??= performance.now();
    return { ...this.#head(text), done: false };
  }

  /**
   * @param {import('../engine/engine.mjs').End} end
   * @param {string} text The whole answer, where it was not streamed.
   */
  end({ reason, promptTokens, answerTokens }, text) {
    const now = performance.now();
    const firstToken = this.#firstToken ?? now;
    return {
      ...this.#head(text),
      done_reason: reason,
      done: true,
      total_duration: nanoseconds(now - this.#start),
      load_duration: 0,
      prompt_eval_count: promptTokens,
      prompt_eval_duration: nanoseconds(firstToken - this.#start),
      eval_count: answerTokens,
      eval_duration: nanoseconds(now - firstToken),
    };
  }

  /** What Ollama says to a request without messages. */
  loaded() {
    return { ...this.#head(''), done_reason: 'load', done: true };
  }

  /** @param {string} content */
  #head(content) {
    return {
      model: this.#model,
      created_at: new Date().toISOString(),
      message: { role: 'assistant', content },
    };
  }
}

/** @param {number} milliseconds */
function nanoseconds(milliseconds) {
  return Math.round(milliseconds * NS_PER_MS);
}
