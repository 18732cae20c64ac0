import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigModule, registerAs } from '@nestjs/config';

import { SETTINGS, type Settings } from './settings.js';

/**
 * The settings for everybody: typed and whole under {@link SETTINGS}, and by path through Nest's
 * own `ConfigService` (`config.get('settings.api.port')`).
 */
@Module({})
export class AppConfigModule {
  /** @param settings - from `loadSettings`, or made by a test */
  static forRoot(settings: Settings): DynamicModule {
    const factory = registerAs('settings', () => settings);
    return {
      module: AppConfigModule,
      global: true,
      imports: [
        ConfigModule.forRoot({
          load: [factory],
          isGlobal: true,
          cache: true,
          // The settings are read and checked before Nest starts; nothing may get past them.
          ignoreEnvFile: true,
          ignoreEnvVars: true,
          skipProcessEnv: true,
        }),
      ],
      providers: [
        { provide: SETTINGS, useFactory: (loaded: Settings) => loaded, inject: [factory.KEY] },
      ],
      exports: [SETTINGS],
    };
  }
}
