import { Answer } from './answer.mjs';
import { parseChatRequest } from './chat-request.mjs';
import { LineWriter } from './line-writer.mjs';
import { readFields } from './body.mjs';
import { sendJson } from './send.mjs';

/**
 * @typedef {import('../engine/engine.mjs').Engine} Engine
 * @typedef {import('../engine/engine.mjs').Piece} Piece
 * @typedef {import('node:http').ServerResponse} ServerResponse
 */

/**
 * `POST /api/chat`. A client that leaves aborts the generation at once, in any phase.
 *
 * @param {Engine} engine
 * @param {import('node:http').IncomingMessage} request
 * @param {ServerResponse} response
 */
export async function chat(engine, request, response) {
  const { model, messages, options, format, truncate, stream } = parseChatRequest(
    await readFields(request),
    engine.model,
  );
  const answer = new Answer(model);
  if (messages.length === 0) return sendJson(response, 200, answer.loaded());
  const { signal } = abortOnLeave(response);
  const pieces = engine.generate({ messages, options, format, truncate, signal });
  try {
    await (stream ? sendLines(response, answer, pieces) : sendWhole(response, answer, pieces));
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/**
 * Headers go with the first piece, so that a failure before it still has its own status.
 *
 * @param {ServerResponse} response
 * @param {Answer} answer
 * @param {AsyncIterable<Piece>} pieces
 */
async function sendLines(response, answer, pieces) {
  const lines = new LineWriter(response);
  for await (const piece of pieces) {
    await lines.write(piece.kind === 'text' ? answer.piece(piece.text) : answer.end(piece, ''));
  }
  response.end();
}

/**
 * @param {ServerResponse} response
 * @param {Answer} answer
 * @param {AsyncIterable<Piece>} pieces
 */
async function sendWhole(response, answer, pieces) {
  const texts = [];
  for await (const piece of pieces) {
    if (piece.kind === 'end') return sendJson(response, 200, answer.end(piece, texts.join('')));
    answer.piece(piece.text);
    texts.push(piece.text);
  }
}

/** @param {ServerResponse} response */
function abortOnLeave(response) {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  if (response.destroyed) controller.abort();
  return controller;
}
