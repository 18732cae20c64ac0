import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigModule, registerAs } from '@nestjs/config';
import { SETTINGS, type Settings } from './settings.js';

/** Provides the settings, a namespace each: see `namespaces.ts`. */
@Module({})
export class AppConfigModule {
  /** @param settings - from `loadSettings`, or made by a test */
  static forRoot(settings: Settings): DynamicModule {
    return {
      module: AppConfigModule,
      global: true,
      imports: [
        ConfigModule.forRoot({
          load: Object.entries(settings).map(([name, values]) => registerAs(name, () => values)),
          isGlobal: true,
          cache: true,
          // The settings are read and checked before Nest starts; nothing may get past them.
          ignoreEnvFile: true,
          ignoreEnvVars: true,
          skipProcessEnv: true,
        }),
      ],
      providers: [{ provide: SETTINGS, useValue: settings }],
      exports: [SETTINGS],
    };
  }
}
