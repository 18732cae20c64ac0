import { bearerToken, headers } from '../parsers/headers.js';
import { keepAlive } from '../parsers/model.js';
import { ollamaUrl } from '../parsers/network.js';
import { integer, seconds } from '../parsers/scalars.js';
import { optional, optionalList, variable } from '../variable.js';

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
    inFile: 'File with the key of OLLAMA_API_KEY, instead of OLLAMA_API_KEY.',
    description: 'Sent to Ollama as Authorization: Bearer, for a proxy in front of it.',
  }),
  headers: optionalList({
    name: 'OLLAMA_HEADERS',
    parser: headers,
    secret: true,
    description: 'Further headers of every request to Ollama: X-Tenant=chat,X-Note=two%20words.',
  }),
  timeoutMs: variable({
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
  keepAlive: optional({
    name: 'OLLAMA_KEEP_ALIVE',
    parser: keepAlive,
    unset: "Ollama's own",
    example: '10m',
    description: 'How long Ollama keeps a model loaded after an answer; -1 for ever.',
  }),
};
