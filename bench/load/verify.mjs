/**
 * The tokens of a response as it came over the wire, read the slow and certain way.
 *
 * @param {string} response head and chunks
 * @returns {string[]}
 */
export function tokensOf(response) {
  const [, ...rest] = response.split('\r\n\r\n');
  return dechunked(rest.join('\r\n\r\n'))
    .split(/\n+/)
    .map((line) => (line.startsWith('data: ') ? line.slice('data: '.length) : line))
    .filter((line) => line.startsWith('{'))
    .map((line) => tokenOf(JSON.parse(line)))
    .filter((token) => token !== '');
}

/**
 * @param {object} event
 * @param {string} [event.token] of the service's own API
 * @param {{ content?: string }} [event.message] of Ollama's
 * @param {{ delta: { content?: string } }[]} [event.choices] of OpenAI's chat
 * @param {string} [event.delta] of OpenAI's responses, and of the AI SDK
 */
function tokenOf({ token, message, choices, delta }) {
  return token ?? message?.content ?? choices?.[0]?.delta.content ?? delta ?? '';
}

/** Texts of the rig are ASCII: a character is a byte. @param {string} body */
function dechunked(body) {
  let text = '';
  let at = 0;
  for (;;) {
    const lineEnd = body.indexOf('\r\n', at);
    const size = parseInt(body.slice(at, lineEnd), 16);
    if (lineEnd < 0 || !(size > 0)) return text;
    text += body.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 2 + size + 2;
  }
}
