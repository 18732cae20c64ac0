import { HumanMessage } from '@langchain/core/messages';
import type { ModelSettings } from '../../src/domain/model.js';
import { createOllama, type Ollama } from '../../src/models/providers/ollama/ollama.js';
import { OllamaChatModel } from '../../src/models/providers/ollama/chat/ollama-chat-model.js';
import type { OllamaOptions } from '../../src/models/providers/ollama/ollama-options.js';
import { CollectingSink } from './collecting-sink.js';
import { RecordingLogger } from './recording-logger.js';

export const MODEL_SETTINGS: ModelSettings = {
  model: 'llama2',
  temperature: 0.7,
  maxTokens: 1000,
  topP: 1,
  stop: [],
  numCtx: 4096,
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
    numCtx: null,
    keepAlive: null,
    allow: null,
    ...changes,
  };
}

/** The adapter as the module makes it, against a scripted Ollama. */
export function connect(baseUrl: string, changes: Partial<OllamaOptions> = {}) {
  const logger = new RecordingLogger();
  return { logger, ...createOllama(ollamaOptions(baseUrl, changes), logger) };
}

export function chatModel(ollama: Ollama, changes: Partial<ModelSettings> = {}): OllamaChatModel {
  const model = ollama.chatModels.create({ ...MODEL_SETTINGS, ...changes });
  if (!(model instanceof OllamaChatModel)) throw new TypeError('Not an OllamaChatModel');
  return model;
}

/** Begins a chat on the fast path. */
export function startChat(ollama: Ollama, changes: Partial<ModelSettings> = {}) {
  const sink = new CollectingSink();
  const abort = new AbortController();
  const messages = [new HumanMessage('Hello, how are you?')];
  const end = chatModel(ollama, changes).streamTokens(messages, sink, abort.signal);
  // Tests await it where they look at it; until then a rejection is nobody's.
  end.catch(() => undefined);
  return { sink, abort, end };
}
