/** A refusal with its status; the message is sent as Ollama does: `{"error": "…"}`. */
export class HttpError extends Error {
  /**
   * @param {number} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}
