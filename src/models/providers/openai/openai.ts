import type { AppLogger } from '../../../observability/app-logger.js';
import type { Tracing } from '../../../observability/tracing.js';
import type { ModelProvider } from '../../model-provider.js';
import { KeptModels } from '../../transport/kept-models.js';
import { ServerTransport } from '../../transport/server-transport.js';
import { ListedModels } from './catalog/listed-models.js';
import { OpenAiChatModel } from './chat/openai-chat-model.js';
import { ThinkRefusals } from './chat/think-refusals.js';
import { OpenAiModelProvider } from './openai-model-provider.js';
import { openAiServer } from './openai-server.js';

/** Options of the adapter; the factory takes them from the settings. */
export interface OpenAiOptions {
  /** Scheme, host and path of the API: `http://localhost:8000/v1`. */
  baseUrl: string;
  /** For `Authorization: Bearer`. */
  apiKey: string | null;
  /** Idle timeout: longest wait for the first or the next token, in milliseconds. */
  timeoutMs: number;
  /** Number of retries after a failure before the first byte of the answer. */
  retries: number;
  /** Context size of a model whose server does not say it, in tokens; null: 8,192. */
  contextTokens: number | null;
  /** Whether `<think>` tags at the head of a text are separated. */
  thinkTags: boolean;
  /** Names that may be used; null: every model of the server. */
  allow: readonly string[] | null;
  /** Null or left out: requests are not traced. */
  tracing?: Tracing | null;
}

const ACCEPT = 'text/event-stream, application/json';

export function createOpenAi(options: OpenAiOptions, logger: AppLogger): ModelProvider {
  const { contextTokens, thinkTags, allow } = options;
  const address = { accept: ACCEPT, headers: [], ...options };
  const transport = new ServerTransport(openAiServer(), address, logger);
  const models = new ListedModels(transport, logger);
  const connection = {
    transport,
    thinkTags,
    refusals: new ThinkRefusals(),
    onMissing: () => models.forget(),
  };
  return new OpenAiModelProvider({
    transport,
    models,
    allow: allow && new Set(allow),
    contextTokens,
    chatModels: new KeptModels((settings) => new OpenAiChatModel(settings, connection)),
  });
}
