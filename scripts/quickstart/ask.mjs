/** Parameters that suit a small model. */
const CALM_AND_SHORT = { temperature: 0.2, max_tokens: 120 };

const NEEDS_KEY = 'The question was not asked: API_KEYS is set, so a key is needed.';

/** @param {Record<string, unknown>} done The last event of an answer without text. */
function empty({ finish_reason: reason }) {
  return reason === 'length'
    ? `The answer has no text: all ${CALM_AND_SHORT.max_tokens} tokens were used before it began, which happens with thinking models.`
    : 'The model answered, but its answer has no text. Ask again, or name another model in OLLAMA_DEFAULT_MODEL.';
}

/**
 * Asks one question through the service's own API and shows the answer as it comes.
 *
 * @param {string} url
 * @param {string} message
 * @param {(text: string) => void} show
 * @returns {Promise<string>} `answered`, or why there is no answer
 */
export async function ask(url, message, show) {
  const response = await fetch(`${url}/api/chat/stream`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message, parameters: CALM_AND_SHORT }),
  });
  if (response.status === 401) return NEEDS_KEY;
  if (!response.ok || response.body === null) {
    throw new Error(`The service answered ${response.status}: ${await response.text()}`);
  }
  let text = '';
  for await (const event of events(response.body)) {
    if (typeof event.token === 'string') {
      text += event.token;
      show(event.token);
    }
    if (typeof event.error === 'string') throw new Error(`The answer broke off: ${event.error}`);
    if (event.done === true) return text.trim() === '' ? empty(event) : 'answered';
  }
  throw new Error('The answer broke off: the stream was cut.');
}

/**
 * The JSON objects of the `data:` blocks of an event stream; comments are passed over.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<Record<string, unknown>>}
 */
async function* events(body) {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      if (block.startsWith('data: ')) yield JSON.parse(block.slice('data: '.length));
    }
  }
}
