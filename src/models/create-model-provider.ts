import type { Settings } from '../config/settings.js';
import type { AppLogger } from '../observability/app-logger.js';
import type { ModelProvider } from './model-provider.js';

type ModelSettings = Pick<Settings, 'models' | 'ollama'>;
type Create = (settings: ModelSettings, logger: AppLogger) => Promise<ModelProvider>;

/** The adapters by kind of model server; only the selected one is loaded. */
const PROVIDERS: Record<Settings['models']['provider'], Create> = {
  ollama: async ({ models, ollama }, logger) => {
    const { createOllama } = await import('./providers/ollama/ollama.js');
    const { default: defaultModel, contextTokens, thinkTags, allow } = models;
    return createOllama({ defaultModel, contextTokens, thinkTags, allow, ...ollama }, logger);
  },
};

/** The provider that the settings name. */
export const createModelProvider: Create = (settings, logger) =>
  PROVIDERS[settings.models.provider](settings, logger);
