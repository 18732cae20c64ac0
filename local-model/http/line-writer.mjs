import { once } from 'node:events';

/** Writes one JSON object a line, no faster than the client reads. */
export class LineWriter {
  #response;

  /** @param {import('node:http').ServerResponse} response */
  constructor(response) {
    this.#response = response;
  }

  /** @param {unknown} value */
  async write(value) {
    const response = this.#response;
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    if (response.write(`${JSON.stringify(value)}\n`) || response.destroyed) return;
    // A client that has left never drains.
    const waiting = new AbortController();
    const { signal } = waiting;
    try {
      await Promise.race([
        once(response, 'drain', { signal }),
        once(response, 'close', { signal }),
      ]);
    } finally {
      waiting.abort();
    }
  }
}
