import { HumanMessage, type BaseMessage } from '@langchain/core/messages';
import { NOTHING_MORE, type ModelAsk, type ModelSettings } from '../../src/domain/model.js';
import { OpenAiChatModel } from '../../src/models/providers/openai/chat/openai-chat-model.js';
import { createOpenAi, type OpenAiOptions } from '../../src/models/providers/openai/openai.js';
import { CollectingSink } from './collecting-sink.js';
import type { FakeOpenAi } from './fake-openai.js';
import { MODEL_PROFILE, MODEL_SETTINGS } from './ollama-fixture.js';
import { RecordingLogger } from './recording-logger.js';

export function openAiOptions(
  baseUrl: string,
  changes: Partial<OpenAiOptions> = {},
): OpenAiOptions {
  return {
    baseUrl,
    apiKey: null,
    timeoutMs: 30_000,
    retries: 0,
    contextTokens: null,
    thinkTags: true,
    allow: null,
    ...changes,
  };
}

/** The adapter as the factory makes it, against a scripted server. */
export function connectOpenAi(server: FakeOpenAi, changes: Partial<OpenAiOptions> = {}) {
  const logger = new RecordingLogger();
  const provider = createOpenAi(openAiOptions(server.apiUrl, changes), logger);
  const model = (settings: Partial<ModelSettings> = {}): OpenAiChatModel => {
    const made = provider.chatModel({ ...MODEL_SETTINGS, ...settings }, MODEL_PROFILE);
    if (!(made instanceof OpenAiChatModel)) throw new TypeError('Not an OpenAiChatModel');
    return made;
  };
  /** Begins a chat, as the service does. */
  const chat = (
    settings: Partial<ModelSettings> = {},
    ask: Partial<ModelAsk> = {},
    messages: BaseMessage[] = [new HumanMessage('Hello, how are you?')],
  ) => {
    const sink = new CollectingSink();
    const abort = new AbortController();
    const asked = { ...NOTHING_MORE, ...ask };
    const end = model(settings).streamTokens(messages, sink, abort.signal, asked);
    // Tests await it where they check it; until then a rejection must not be unhandled.
    end.catch(() => undefined);
    return { sink, abort, end };
  };
  return { logger, provider, model, chat, close: () => provider.close() };
}
