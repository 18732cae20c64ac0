import type { Logger } from '../../../observability/logger.js';
import type { ChatModels } from '../../chat-models.js';
import type { ModelProvider } from '../../model-provider.js';
import { InstalledModels } from './catalog/installed-models.js';
import { ModelDetailsCache } from './catalog/model-details-cache.js';
import { ModelPolicy } from './catalog/model-policy.js';
import { OllamaChatModels } from './chat/ollama-chat-models.js';
import { OllamaModelProvider } from './catalog/ollama-model-provider.js';
import type { OllamaOptions } from './ollama-options.js';
import { OllamaTransport } from './transport/ollama-transport.js';
import { withoutCredentials } from './transport/request-headers.js';

/** Both ports over one Ollama server. */
export interface Ollama {
  provider: ModelProvider;
  chatModels: ChatModels;
  /** Closes all connections to it. */
  close(): void;
}

export function createOllama(options: OllamaOptions, logger: Logger): Ollama {
  const transport = new OllamaTransport(options, logger);
  const details = new ModelDetailsCache(transport);
  const forget = (model: string): void => details.forget(model);
  const installed = new InstalledModels(transport, logger, forget);
  const policy = new ModelPolicy(options.allow);
  return {
    provider: new OllamaModelProvider({ transport, installed, details, policy }, options.numCtx),
    chatModels: new OllamaChatModels({
      transport,
      publicUrl: withoutCredentials(options.baseUrl),
      keepAlive: options.keepAlive,
      onMissing: forget,
    }),
    close: () => transport.close(),
  };
}
