import { HumanMessage } from '@langchain/core/messages';
import type { LookupFunction } from 'node:net';
import { NOTHING_MORE, type ModelProfile, type ModelSettings } from '../../src/domain/model.js';
import type { ModelProvider } from '../../src/models/model-provider.js';
import { createOllama, type OllamaOptions } from '../../src/models/providers/ollama/ollama.js';
import { OllamaChatModel } from '../../src/models/providers/ollama/chat/ollama-chat-model.js';
import { ollamaServer } from '../../src/models/providers/ollama/ollama-server.js';
import { ServerTransport } from '../../src/models/transport/server-transport.js';
import { CollectingSink } from './collecting-sink.js';
import { RecordingLogger } from './recording-logger.js';

export const MODEL_SETTINGS: ModelSettings = {
  model: 'llama2',
  temperature: 0.7,
  maxTokens: 1000,
  topP: 1,
  stop: [],
  seed: null,
  topK: null,
  minP: null,
  repeatPenalty: null,
  presencePenalty: null,
  frequencyPenalty: null,
  think: null,
};

export const MODEL_PROFILE: ModelProfile = {
  contextTokens: 4096,
  stop: [],
  vocabulary: 'large',
  capabilities: null,
};

export function ollamaOptions(
  baseUrl: string,
  changes: Partial<OllamaOptions> = {},
): OllamaOptions {
  return {
    baseUrl,
    apiKey: null,
    headers: [],
    defaultModel: 'llama2',
    timeoutMs: 30_000,
    retries: 0,
    contextTokens: null,
    keepAlive: null,
    thinkTags: true,
    allow: null,
    ...changes,
  };
}

/** The adapter as the factory makes it, against a scripted Ollama. */
export function connect(baseUrl: string, changes: Partial<OllamaOptions> = {}) {
  const logger = new RecordingLogger();
  const provider = createOllama(ollamaOptions(baseUrl, changes), logger);
  return { logger, provider, close: () => provider.close() };
}

/** The transport alone, with its own way to resolve host names. */
export function transportTo(baseUrl: string, retries: number, lookup?: LookupFunction) {
  const options = { accept: '*/*', ...ollamaOptions(baseUrl, { retries }) };
  return new ServerTransport(ollamaServer('llama2'), options, new RecordingLogger(), lookup);
}

export function chatModel(
  { provider }: { provider: ModelProvider },
  changes: Partial<ModelSettings> = {},
  profile: Partial<ModelProfile> = {},
): OllamaChatModel {
  const settings = { ...MODEL_SETTINGS, ...changes };
  const model = provider.chatModel(settings, { ...MODEL_PROFILE, ...profile });
  if (!(model instanceof OllamaChatModel)) throw new TypeError('Not an OllamaChatModel');
  return model;
}

/** Begins a chat, as the service does. */
export function startChat(
  ollama: { provider: ModelProvider },
  changes: Partial<ModelSettings> = {},
) {
  const sink = new CollectingSink();
  const abort = new AbortController();
  const messages = [new HumanMessage('Hello, how are you?')];
  const end = chatModel(ollama, changes).streamTokens(messages, sink, abort.signal, NOTHING_MORE);
  // Tests await it where they check it; until then a rejection must not be unhandled.
  end.catch(() => undefined);
  return { sink, abort, end };
}
