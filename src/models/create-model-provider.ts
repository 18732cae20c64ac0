import type { Settings } from '../config/settings.js';
import type { Logger } from '../observability/logger.js';
import type { ModelProvider } from './model-provider.js';

type Create = (settings: Settings, logger: Logger) => Promise<ModelProvider>;

/** An adapter for each kind of model server; those that were not chosen are never loaded. */
const PROVIDERS: Record<Settings['models']['provider'], Create> = {
  ollama: async ({ models, ollama }, logger) => {
    const { createOllama } = await import('./providers/ollama/ollama.js');
    const { default: defaultModel, contextTokens, allow } = models;
    return createOllama({ defaultModel, contextTokens, allow, ...ollama }, logger);
  },
};

/** The provider that the settings name. */
export const createModelProvider: Create = (settings, logger) =>
  PROVIDERS[settings.models.provider](settings, logger);
