import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

const MODEL = 'llama2';
const details = { family: 'llama', parameter_size: '7B' };
const TAG = { name: `${MODEL}:latest`, model: `${MODEL}:latest`, size: 1, digest: '0', details };
const SHOWN = {
  details,
  model_info: { 'general.architecture': 'llama', 'llama.context_length': 4096 },
};

/**
 * @typedef {import('node:http').IncomingMessage} Request
 * @typedef {import('node:http').ServerResponse} Response
 */

/** A model server that says a token when it is told to: what holds a token back stops the test. */
export class HeldModel {
  /** @type {Response[]} */
  #chats = [];
  /** @type {((chat: Response) => void)[]} */
  #waiting = [];
  #server = createServer((request, response) => void this.#answer(request, response));

  async listen() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  /** The response of the next chat, once it is asked. @returns {Promise<Response>} */
  async chat() {
    const arrived = this.#chats.shift();
    return arrived ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** @param {Response} response @param {string} content */
  say(response, content) {
    response.write(line({ message: { role: 'assistant', content }, done: false }));
  }

  /** @param {Response} response */
  finish(response) {
    const end = { done: true, done_reason: 'stop', prompt_eval_count: 1, eval_count: 1 };
    response.end(line({ message: { role: 'assistant', content: '' }, ...end }));
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** @param {Request} request @param {Response} response */
  async #answer(request, response) {
    await text(request);
    /** @type {Record<string, object>} */
    const values = {
      '/api/tags': { models: [TAG] },
      '/api/show': { ...SHOWN, capabilities: ['completion'] },
      '/api/version': { version: '0.20.6' },
    };
    if (request.url !== '/api/chat') {
      response.end(JSON.stringify(values[request.url ?? ''] ?? {}));
      return;
    }
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    const waiting = this.#waiting.shift();
    if (waiting) waiting(response);
    else this.#chats.push(response);
  }
}

const line = (/** @type {object} */ value) =>
  `${JSON.stringify({ model: MODEL, created_at: '2026-01-05T09:00:00Z', ...value })}\n`;
