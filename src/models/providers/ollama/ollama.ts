import { fullModelName } from '../../../domain/model-name.js';
import type { AppLogger } from '../../../observability/app-logger.js';
import type { Tracing } from '../../../observability/tracing.js';
import { ModelPolicy } from '../../model-policy.js';
import type { ModelProvider } from '../../model-provider.js';
import { withoutCredentials, type Credentials } from '../../transport/server-address.js';
import { ServerTransport } from '../../transport/server-transport.js';
import { InstalledModels } from './catalog/installed-models.js';
import { ModelDetailsCache } from './catalog/model-details-cache.js';
import { OllamaChatModels } from './chat/ollama-chat-models.js';
import { OllamaModelProvider } from './ollama-model-provider.js';
import { ollamaServer } from './ollama-server.js';

/** Options of the adapter; the factory takes them from the settings. */
export interface OllamaOptions extends Credentials {
  defaultModel: string;
  /** Idle timeout: longest wait for the first or the next token, in milliseconds. */
  timeoutMs: number;
  /** Number of retries after a failure before the first byte of the answer. */
  retries: number;
  /** Largest context to request, in tokens; null: the model's own, see its provider. */
  contextTokens: number | null;
  /** `keep_alive` in Ollama's format, with a unit (`5m`, `-1s`); null: Ollama's own default. */
  keepAlive: string | null;
  /** Whether `<think>` tags at the head of a text are separated. */
  thinkTags: boolean;
  /** Names that may be used; null: every local model. */
  allow: readonly string[] | null;
  /** Null or left out: requests are not traced. */
  tracing?: Tracing | null;
}

const ACCEPT = 'application/x-ndjson, application/json';

export function createOllama(options: OllamaOptions, logger: AppLogger): ModelProvider {
  const { baseUrl, defaultModel, contextTokens, keepAlive, thinkTags } = options;
  const address = { accept: ACCEPT, ...options };
  const transport = new ServerTransport(ollamaServer(defaultModel), address, logger);
  const details = new ModelDetailsCache(transport);
  const withoutLevels = new Set<string>();
  const forget = (model: string): void => {
    details.forget(model);
    withoutLevels.delete(fullModelName(model));
  };
  return new OllamaModelProvider({
    transport,
    installed: new InstalledModels(transport, logger, forget),
    details,
    policy: new ModelPolicy(options.allow),
    contextTokens,
    chatModels: new OllamaChatModels({
      transport,
      publicUrl: withoutCredentials(baseUrl),
      keepAlive,
      thinkTags,
      withoutLevels,
      onMissing: forget,
    }),
  });
}
