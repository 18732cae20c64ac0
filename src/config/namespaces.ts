import { registerAs } from '@nestjs/config';
import type { Settings } from './settings.js';

/**
 * A namespace of the settings, for a class that uses it: `constructor(@Inject(apiConfig.KEY)
 * private readonly settings: ConfigType<typeof apiConfig>)`. `configModule` provides the values,
 * which are read and validated before Nest starts.
 */
const namespace = <Name extends keyof Settings>(name: Name) =>
  registerAs(name, (): Settings[Name] => {
    throw new Error('Import configModule(settings): it provides the values');
  });

export const apiConfig = namespace('api');
export const oidcConfig = namespace('oidc');
export const ollamaConfig = namespace('ollama');
export const openaiConfig = namespace('openai');
export const scenarioConfig = namespace('scenario');
export const modelsConfig = namespace('models');
export const historyConfig = namespace('history');
export const generationConfig = namespace('generation');
export const changesConfig = namespace('changes');
export const titlesConfig = namespace('titles');
export const rateLimitConfig = namespace('rateLimit');
export const logConfig = namespace('log');
export const shutdownConfig = namespace('shutdown');
