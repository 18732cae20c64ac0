import { bearerToken, headers } from '../parsers/headers.js';
import { keepAlive, modelName } from '../parsers/model.js';
import { ollamaUrl } from '../parsers/network.js';
import { integer, path, seconds } from '../parsers/scalars.js';
import { optional, variable } from '../variable.js';

export const ollama = {
  baseUrl: variable({
    name: 'OLLAMA_BASE_URL',
    parser: ollamaUrl,
    default: 'http://localhost:11434',
    description:
      'Where Ollama listens, without /api or /v1; a user and a password in it are sent as basic ' +
      'authentication. Certificates of a private authority: NODE_EXTRA_CA_CERTS (Node reads it ' +
      'from the environment, not from here).',
  }),
  apiKey: optional({
    name: 'OLLAMA_API_KEY',
    parser: bearerToken,
    secret: true,
    description: 'Sent to Ollama as Authorization: Bearer, for a proxy in front of it.',
  }),
  apiKeyFile: optional({
    name: 'OLLAMA_API_KEY_FILE',
    parser: path('file'),
    readsFileFor: 'OLLAMA_API_KEY',
    example: '/run/secrets/ollama_api_key',
    description: 'File with the key of OLLAMA_API_KEY, instead of OLLAMA_API_KEY.',
  }),
  headers: optional({
    name: 'OLLAMA_HEADERS',
    parser: headers,
    secret: true,
    description: 'Further headers of every request to Ollama: X-Tenant=chat,X-Note=two%20words.',
  }),
  defaultModel: variable({
    name: 'OLLAMA_DEFAULT_MODEL',
    parser: modelName,
    default: 'llama2',
    description: 'Model of requests that name none. It is never pulled by the service.',
  }),
  timeout: variable({
    name: 'OLLAMA_TIMEOUT',
    parser: seconds({ min: 'positive' }),
    default: '300',
    description:
      'Longest silence of the model in seconds, before its first token or between two. ' +
      'A cold start of a large model is silent for long.',
  }),
  retries: variable({
    name: 'OLLAMA_RETRIES',
    parser: integer(0, 10),
    default: '3',
    description: 'Further attempts when Ollama cannot be reached, before the first token.',
  }),
  numCtx: optional({
    name: 'OLLAMA_NUM_CTX',
    parser: integer(128, 10_000_000),
    unset: "the num_ctx of the Modelfile, else the model's own up to 8,192",
    example: '8192',
    description:
      'Context size to ask for, in tokens; a smaller num_ctx in the Modelfile of a model counts ' +
      'before it. A larger one takes more memory.',
  }),
  keepAlive: optional({
    name: 'OLLAMA_KEEP_ALIVE',
    parser: keepAlive,
    unset: "Ollama's own",
    example: '10m',
    description: 'How long Ollama keeps a model loaded after an answer; -1 for ever.',
  }),
};
