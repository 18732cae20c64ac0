import { bearerToken } from '../parsers/headers.js';
import { openAiUrl } from '../parsers/network.js';
import { integer, seconds } from '../parsers/scalars.js';
import { optional, variable } from '../variable.js';

export const openai = {
  baseUrl: optional({
    name: 'OPENAI_BASE_URL',
    parser: openAiUrl,
    unset: 'no such server',
    example: 'http://localhost:8080/v1',
    description:
      'Address of a server of OpenAI’s chat API, such as vLLM, llama.cpp or LM Studio, as OpenAI’s ' +
      'clients take it; it alone turns the server on. Without a path /v1 is meant.',
  }),
  apiKey: optional({
    name: 'OPENAI_API_KEY',
    parser: bearerToken,
    secret: true,
    inFile: 'File with the key of OPENAI_API_KEY, instead of OPENAI_API_KEY.',
    description: 'Key that is sent to the server of OPENAI_BASE_URL as Authorization: Bearer.',
  }),
  timeoutMs: variable({
    name: 'OPENAI_TIMEOUT',
    parser: seconds({ min: 'positive' }),
    default: '300',
    description:
      'Idle timeout of the server’s models, in seconds, as OLLAMA_TIMEOUT. Comments of the server ' +
      'are silence.',
  }),
  retries: variable({
    name: 'OPENAI_RETRIES',
    parser: integer(0, 10),
    default: '3',
    description: 'Number of retries, before the first token, when the server cannot be reached.',
  }),
  contextTokens: optional({
    name: 'OPENAI_NUM_CTX',
    parser: integer(128, 10_000_000),
    unset: '8192',
    example: '32768',
    description:
      'Context size, in tokens, of models whose size the server does not list (as max_model_len, ' +
      'meta.n_ctx or context_length).',
  }),
};
