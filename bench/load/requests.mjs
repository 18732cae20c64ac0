/**
 * @typedef {'sse' | 'ndjson'} Wire `ndjson`: Ollama itself is asked, for the baseline
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
  if (wire === 'sse') return post(streamPath, { message, model });
  return post('/api/chat', { model, messages: [{ role: 'user', content: message }], stream: true });
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
