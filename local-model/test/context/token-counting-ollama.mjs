// The part of Ollama's API that a chat needs, over a real tokenizer and without a model's arithmetic: it
// counts prompts, refuses those that are longer than the window, and answers with a given text.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';

/**
 * @typedef {{ role: string, content: string }} ChatMessage
 * @typedef {object} ChatBody
 * @property {ChatMessage[]} messages
 * @property {boolean} truncate
 * @property {{ num_ctx: number }} options
 */

const MODEL = 'counting:latest';

/**
 * @param {(text: string, special: boolean) => unknown[]} tokenize
 * @param {(messages: ChatMessage[]) => string} answerTo
 */
export async function startCountingOllama(tokenize, answerTo) {
  const count = (/** @type {string} */ text, special = true) => tokenize(text, special).length;
  /** @param {ChatMessage[]} messages ChatML, without a system prompt of its own */
  const promptTokens = (messages) =>
    messages.reduce(
      (sum, { role, content }) =>
        sum + count(`<|im_start|>${role}\n`) + count(content, false) + count('<|im_end|>\n'),
      count('<|im_start|>assistant\n'),
    );

  /** @param {ChatBody} body */
  const chat = ({ messages, truncate, options }) => {
    const tokens = promptTokens(messages);
    if (truncate !== false)
      return { status: 500, body: { error: 'the prompt would be cut silently' } };
    if (tokens > options.num_ctx)
      return { status: 400, body: { error: 'the input length exceeds the context length' } };
    const content = answerTo(messages);
    const counts = { prompt_eval_count: tokens, eval_count: count(content, false) + 1 };
    const message = { role: 'assistant', content };
    return {
      status: 200,
      body: { model: MODEL, message, done: true, done_reason: 'stop', ...counts },
    };
  };

  const server = createServer(async (request, response) => {
    const { status, body } =
      request.url === '/api/chat'
        ? chat(/** @type {ChatBody} */ (await json(request)))
        : { status: 200, body: otherAnswer(request.url ?? '') };
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(body)}\n`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${address.port}`,
    model: MODEL,
    close: () => server.close(),
  };
}

/** @param {string} path */
function otherAnswer(path) {
  if (path === '/api/tags') return { models: [{ name: MODEL, model: MODEL }] };
  if (path === '/api/version') return { version: '0.17.4' };
  return {
    details: { format: 'gguf', family: 'llama' },
    model_info: {
      'general.architecture': 'llama',
      'llama.context_length': 8192,
      'llama.vocab_size': 49_152,
    },
    capabilities: ['completion'],
  };
}
