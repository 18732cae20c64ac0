import { createServer } from 'node:http';
import { BusyError, TooLongError } from '../engine/engine.mjs';
import { FormatError } from '../engine/format.mjs';
import { chat } from './chat.mjs';
import { HttpError } from './http-error.mjs';
import { readFields } from './body.mjs';
import { requireModel } from './model-name.mjs';
import { running, show, tags } from './models.mjs';
import { sendJson } from './send.mjs';

/**
 * @typedef {import('../engine/engine.mjs').Engine} Engine
 * @typedef {import('node:http').IncomingMessage} Request
 * @typedef {import('node:http').ServerResponse} Response
 * @typedef {(engine: Engine, request: Request, response: Response) => void | Promise<void>} Handler
 */

/** The version of Ollama whose API is spoken, marked as not being Ollama. */
export const VERSION = '0.9.6+local-model';

/** @type {Record<string, Record<string, Handler>>} */
const ROUTES = {
  '/': { GET: (_engine, _request, response) => void response.end('local-model is running\n') },
  '/api/version': {
    GET: (_engine, _request, response) => sendJson(response, 200, { version: VERSION }),
  },
  '/api/tags': {
    GET: (engine, _request, response) => sendJson(response, 200, tags(engine.model)),
  },
  '/api/ps': {
    GET: (engine, _request, response) => sendJson(response, 200, running(engine.model)),
  },
  '/api/show': { POST: showModel },
  '/api/chat': { POST: chat },
};

/**
 * The part of Ollama's HTTP API that a chat needs, around one engine.
 *
 * @param {Engine} engine
 * @param {(text: string) => void} logFailure Logs failures that clients get as "internal error".
 */
export function createModelServer(engine, logFailure) {
  return createServer((request, response) => {
    handle(engine, request, response).catch((error) => fail(response, error, logFailure));
  });
}

/**
 * @param {Engine} engine
 * @param {Request} request
 * @param {Response} response
 */
async function handle(engine, request, response) {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const route = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
  if (route === undefined) throw new HttpError(404, 'local-model has no such route');
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '');
  const handler = Object.hasOwn(route, method) ? route[method] : undefined;
  if (handler === undefined) {
    response.setHeader('allow', Object.keys(route).join(', '));
    throw new HttpError(405, 'method not allowed');
  }
  await handler(engine, request, response);
}

/**
 * @param {Engine} engine
 * @param {Request} request
 * @param {Response} response
 */
async function showModel(engine, request, response) {
  const fields = await readFields(request);
  requireModel(fields, engine.model, (name) => `model '${name}' not found`);
  sendJson(response, 200, show(engine.model));
}

/**
 * @param {Response} response
 * @param {unknown} error
 * @param {(text: string) => void} logFailure
 */
function fail(response, error, logFailure) {
  if (response.destroyed) return;
  const status = statusOf(error);
  const known = status !== null;
  if (!known) logFailure(error instanceof Error ? (error.stack ?? error.message) : String(error));
  const body = { error: known && error instanceof Error ? error.message : 'internal error' };
  if (response.headersSent) {
    response.end(`${JSON.stringify(body)}\n`);
    return;
  }
  sendJson(response, status ?? 500, body);
}

/**
 * @param {unknown} error
 * @returns {number | null} null for one that is not meant for clients
 */
function statusOf(error) {
  if (error instanceof HttpError) return error.status;
  if (error instanceof FormatError || error instanceof TooLongError) return 400;
  return error instanceof BusyError ? 503 : null;
}
