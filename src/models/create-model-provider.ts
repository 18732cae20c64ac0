import type { Settings } from '../config/settings.js';
import type { AppLogger } from '../observability/app-logger.js';
import type { Tracing } from '../observability/tracing.js';
import type { ModelProvider } from './model-provider.js';
import { ModelServers } from './model-servers.js';
import { ownNames, withoutPrefix } from './prefixed-name.js';

/** Settings of the models and of each model server. */
export type ModelSettings = Pick<Settings, 'models' | 'ollama' | 'openai' | 'scenario'>;
type ServerName = Settings['models']['servers'][number];
type Create = (
  settings: ModelSettings,
  logger: AppLogger,
  tracing: Tracing | null,
) => Promise<ModelProvider>;

/** The adapters by their servers' names; only those of configured servers are loaded. */
const ADAPTERS: Record<ServerName, Create> = {
  ollama: async ({ models, ollama }, logger, tracing) => {
    const { createOllama } = await import('./providers/ollama/ollama.js');
    const { contextTokens, thinkTags } = models;
    const defaultModel = models.default ?? '';
    const ofModels = {
      defaultModel: withoutPrefix('ollama', defaultModel) ?? defaultModel,
      contextTokens,
      thinkTags,
      allow: models.allow && ownNames('ollama', models.allow),
    };
    return createOllama({ ...ofModels, ...ollama, tracing }, logger);
  },
  openai: async ({ models, openai }, logger, tracing) => {
    const { baseUrl, ...settings } = openai;
    if (baseUrl === null) throw new Error('OPENAI_BASE_URL is not set');
    const { createOpenAi } = await import('./providers/openai/openai.js');
    const ofModels = {
      thinkTags: models.thinkTags,
      allow: models.allow && ownNames('openai', models.allow),
    };
    return createOpenAi({ ...ofModels, ...settings, baseUrl, tracing }, logger);
  },
  scenario: async ({ models: { allow }, scenario: { scenario } }) => {
    const { createScenario } = await import('./providers/scenario/scenario.js');
    if (!scenario) throw new Error('No scenario is configured');
    return createScenario({ scenario, allow });
  },
};

/** The configured model servers, as one. */
export const createModelProvider: Create = async (settings, logger, tracing) => {
  const { servers, allow } = settings.models;
  const [first, ...others] = await Promise.all(
    servers.map((name) => ADAPTERS[name](settings, logger, tracing)),
  );
  if (!first) throw new Error('No model server is configured');
  return new ModelServers([first, ...others], allow, logger);
};
