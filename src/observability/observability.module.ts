import { type DynamicModule, Module } from '@nestjs/common';

import { Logger } from './logger.js';

/** The one logger: `constructor(private readonly logger: Logger)`. */
@Module({})
export class ObservabilityModule {
  /** @param logger - from `createLogger`, made before Nest so that its start is logged too */
  static forRoot(logger: Logger): DynamicModule {
    return {
      module: ObservabilityModule,
      global: true,
      providers: [{ provide: Logger, useValue: logger }],
      exports: [Logger],
    };
  }
}
