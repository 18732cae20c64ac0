import { randomUUID } from 'node:crypto';

/**
 * @typedef {'sse' | 'ndjson' | 'openai-chat' | 'openai-responses' | 'ai-sdk' | 'ollama'} Wire the API that is
 *   asked: `sse` is the service's own, `ndjson` the model server's, for the baseline
 * @typedef {object} Target
 * @property {number} port
 * @property {Wire} wire
 * @property {string} [streamPath] where a stream is asked for; `/api/chat/stream` by default
 */

/**
 * A request for a streamed answer, ready to be sent.
 *
 * @param {Target} target
 * @param {string} model
 * @param {string} [message]
 */
export function streamRequest(
  { wire, streamPath = '/api/chat/stream' },
  model,
  message = QUESTION,
) {
  const messages = [{ role: 'user', content: message }];
  switch (wire) {
    case 'sse':
      return post(streamPath, { message, model });
    case 'ndjson':
      return post('/api/chat', { model, messages, stream: true });
    case 'openai-chat':
      return post('/v1/chat/completions', { model, messages, stream: true });
    case 'openai-responses':
      return post('/v1/responses', { model, input: message, stream: true });
    case 'ai-sdk':
      return post('/api/chat/ui', { id: randomUUID(), model, message: uiMessage(message) });
    case 'ollama':
      return post('/api/ollama/api/chat', { model, messages, stream: true });
  }
}

/** @param {string} text */
function uiMessage(text) {
  return { id: randomUUID(), role: 'user', parts: [{ type: 'text', text }] };
}

/**
 * A request for a whole answer.
 *
 * @param {string} model
 */
export function answerRequest(model) {
  return post('/api/chat', { message: QUESTION, model });
}

const QUESTION = 'Why is the sky blue, and why is it red in the evening?';

/** @param {string} path @param {object} body */
function post(path, body) {
  const text = JSON.stringify(body);
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\nConnection: keep-alive\r\n\r\n${text}`,
  );
}
