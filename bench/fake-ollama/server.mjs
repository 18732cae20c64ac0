import { createServer } from 'node:http';
import { monotonicMs } from '../rig/clock.mjs';
import { PaceWheel } from './pace-wheel.mjs';
import { scriptOf } from './script.mjs';

/**
 * @typedef {import('node:http').IncomingMessage} Request
 * @typedef {import('node:http').ServerResponse} Response
 * @typedef {import('./script.mjs').Script} Script
 *
 * @typedef {object} Ends What became of requests that said `mark:<n>` in a message
 * @property {number[]} opened
 * @property {[mark: number, atMs: number][]} left the client closed before the end
 * @property {number[]} finished
 */

/** Where the wheel of each pace is. @type {Map<number, PaceWheel>} */
const wheels = new Map();

/** A fake Ollama, and a server of OpenAI's API: the routes that a chat service asks, cheap enough to serve a thousand streams. */
export class FakeOllama {
  /** @type {Ends} */
  ends = { opened: [], left: [], finished: [] };
  server = createServer({ keepAliveTimeout: 120_000, noDelay: true }, (request, response) =>
    this.#route(request, response),
  );

  forget() {
    this.ends = { opened: [], left: [], finished: [] };
  }

  /** @param {Request} request @param {Response} response */
  #route(request, response) {
    if (request.url === '/api/chat')
      return this.#withBody(request, (body) => this.#chat(body, response, 'ollama'));
    if (request.url === '/v1/chat/completions')
      return this.#withBody(request, (body) => this.#chat(body, response, 'openai'));
    if (request.url === '/api/show') return this.#withBody(request, () => json(response, SHOWN));
    request.resume();
    if (request.url === '/api/tags') return json(response, TAGS);
    if (request.url === '/v1/models') return json(response, LISTED);
    return json(response, { version: '0.9.6' });
  }

  /** @param {Request} request @param {(body: string) => void} use */
  #withBody(request, use) {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (part) => (body += part));
    request.on('end', () => use(body));
  }

  /** @param {string} body @param {Response} response @param {import('./script.mjs').Api} api */
  #chat(body, response, api) {
    const model = /"model":"([^"]*)"/.exec(body)?.[1] ?? '';
    const script = scriptOf(model, api);
    if (!script) return json(response, { error: `model '${model}' not found` }, 404);
    this.#watch(body, response);
    // The one that is silent sends no headers either: Ollama's come with the first token.
    if (!script.silent) play(script, response);
  }

  /** @param {string} body @param {Response} response */
  #watch(body, response) {
    const mark = /mark:(\d+)/.exec(body)?.[1];
    if (mark === undefined) return;
    this.ends.opened.push(Number(mark));
    response.on('close', () => {
      if (response.writableFinished) this.ends.finished.push(Number(mark));
      else this.ends.left.push([Number(mark), monotonicMs()]);
    });
  }
}

/** @param {Script} script @param {Response} response */
function play(script, response) {
  response.writeHead(200, HEADERS);
  response.flushHeaders();
  const { socket } = response;
  if (!socket) return;
  if (script.paceMs === 0) {
    // Chunks are ready made: Node's own framing would cost more than all the rest.
    socket.write(script.whole);
    response.end();
    return;
  }
  let next = 0;
  const sendNext = () => {
    const piece = script.pieces[next];
    next += 1;
    if (piece) socket.write(piece);
    const more = next < script.pieces.length;
    if (!more) response.end();
    return more;
  };
  if (sendNext()) response.on('close', wheelOf(script.paceMs).add(sendNext));
}

/** @param {number} paceMs */
function wheelOf(paceMs) {
  const wheel = wheels.get(paceMs) ?? new PaceWheel(paceMs);
  wheels.set(paceMs, wheel);
  return wheel;
}

const HEADERS = { 'content-type': 'application/x-ndjson', 'transfer-encoding': 'chunked' };

const DETAILS = {
  format: 'gguf',
  family: 'llama',
  families: ['llama'],
  parameter_size: '7B',
  quantization_level: 'Q4_0',
};

const MODELS = ['paced:64x20', 'instant:64', 'instant:8'];

/** Of OpenAI's API. */
const LISTED = {
  object: 'list',
  data: MODELS.map((id) => ({ id, object: 'model', created: 1, max_model_len: 8192 })),
};

const TAGS = {
  models: MODELS.map((name) => ({
    name,
    model: name,
    modified_at: '2026-01-05T09:00:00Z',
    size: 3_826_793_677,
    digest: name.padEnd(64, '0'),
    details: DETAILS,
  })),
};

const SHOWN = {
  details: DETAILS,
  model_info: { 'general.architecture': 'llama', 'llama.context_length': 8192 },
  capabilities: ['completion'],
};

/** @param {Response} response @param {object} value @param {number} [status] */
function json(response, value, status = 200) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}
