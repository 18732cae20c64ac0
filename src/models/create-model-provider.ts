import type { Settings } from '../config/settings.js';
import type { AppLogger } from '../observability/app-logger.js';
import type { Tracing } from '../observability/tracing.js';
import type { ModelProvider } from './model-provider.js';

type ModelSettings = Pick<Settings, 'models' | 'ollama'>;
type Create = (
  settings: ModelSettings,
  logger: AppLogger,
  tracing: Tracing | null,
) => Promise<ModelProvider>;

/** The adapters by kind of model server; only the selected one is loaded. */
const PROVIDERS: Record<Settings['models']['provider'], Create> = {
  ollama: async ({ models, ollama }, logger, tracing) => {
    const { createOllama } = await import('./providers/ollama/ollama.js');
    const { default: defaultModel, contextTokens, thinkTags, allow } = models;
    const ofModels = { defaultModel, contextTokens, thinkTags, allow };
    return createOllama({ ...ofModels, ...ollama, tracing }, logger);
  },
};

/** The provider that the settings name. */
export const createModelProvider: Create = (settings, logger, tracing) =>
  PROVIDERS[settings.models.provider](settings, logger, tracing);
