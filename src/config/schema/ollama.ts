import { bearerToken, headers } from '../parsers/headers.js';
import { keepAlive } from '../parsers/model.js';
import { ollamaUrl } from '../parsers/network.js';
import { boolean, integer, seconds } from '../parsers/scalars.js';
import { optional, optionalList, variable } from '../variable.js';

export const ollama = {
  enabled: variable({
    name: 'OLLAMA_ENABLED',
    parser: boolean,
    default: 'true',
    description: 'Whether Ollama is asked; false where another model server takes its place.',
  }),
  baseUrl: variable({
    name: 'OLLAMA_BASE_URL',
    parser: ollamaUrl,
    default: 'http://localhost:11434',
    description:
      'Address of Ollama, without /api or /v1; a user and a password in it are sent as basic ' +
      'authentication. For certificates of a private authority set NODE_EXTRA_CA_CERTS (only in ' +
      'the environment: Node reads it from there).',
  }),
  apiKey: optional({
    name: 'OLLAMA_API_KEY',
    parser: bearerToken,
    secret: true,
    inFile: 'File with the key of OLLAMA_API_KEY, instead of OLLAMA_API_KEY.',
    description: 'Key that is sent to Ollama as Authorization: Bearer, for a proxy in front of it.',
  }),
  headers: optionalList({
    name: 'OLLAMA_HEADERS',
    parser: headers,
    secret: true,
    description: 'Additional headers of every request to Ollama: X-Tenant=chat,X-Note=two%20words.',
  }),
  timeoutMs: variable({
    name: 'OLLAMA_TIMEOUT',
    parser: seconds({ min: 'positive' }),
    default: '300',
    description:
      'Idle timeout of the model, in seconds: the longest wait for the first token or between ' +
      'two tokens. Loading a large model can take long; so can a tool call, which most servers ' +
      'send only when it is complete.',
  }),
  retries: variable({
    name: 'OLLAMA_RETRIES',
    parser: integer(0, 10),
    default: '3',
    description: 'Number of retries, before the first token, when Ollama cannot be reached.',
  }),
  keepAlive: optional({
    name: 'OLLAMA_KEEP_ALIVE',
    parser: keepAlive,
    unset: "Ollama's own",
    example: '10m',
    description: 'How long Ollama keeps a model loaded after an answer; -1 means forever.',
  }),
};
