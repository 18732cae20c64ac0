import { ConfigModule, registerAs } from '@nestjs/config';
import type { Settings } from './settings.js';

/**
 * Nest's configuration module with these settings, one provider per namespace: see `namespaces.ts`.
 *
 * @param settings - from `loadSettings`, or from a test
 */
export function configModule(settings: Settings): ReturnType<typeof ConfigModule.forRoot> {
  return ConfigModule.forRoot({
    load: Object.entries(settings).map(([name, values]) => registerAs(name, () => values)),
    isGlobal: true,
    cache: true,
    // The settings are read and validated before Nest starts; Nest must not read others.
    ignoreEnvFile: true,
    ignoreEnvVars: true,
    skipProcessEnv: true,
  });
}
