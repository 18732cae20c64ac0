import { type DynamicModule, Module } from '@nestjs/common';

import { AppLogger } from './app-logger.js';

/** The one logger: `constructor(private readonly logger: AppLogger)`. */
@Module({})
export class ObservabilityModule {
  /** @param logger - from `createLogger`, made before Nest so that its start is logged too */
  static forRoot(logger: AppLogger): DynamicModule {
    return {
      module: ObservabilityModule,
      global: true,
      providers: [{ provide: AppLogger, useValue: logger }],
      exports: [AppLogger],
    };
  }
}
