import { ConfigModule, registerAs } from '@nestjs/config';
import type { Settings } from './settings.js';

/**
 * Nest's configuration module with these settings, a namespace each: see `namespaces.ts`.
 *
 * @param settings - from `loadSettings`, or made by a test
 */
export function configModule(settings: Settings): ReturnType<typeof ConfigModule.forRoot> {
  return ConfigModule.forRoot({
    load: Object.entries(settings).map(([name, values]) => registerAs(name, () => values)),
    isGlobal: true,
    cache: true,
    // The settings are read and checked before Nest starts; nothing may get past them.
    ignoreEnvFile: true,
    ignoreEnvVars: true,
    skipProcessEnv: true,
  });
}
