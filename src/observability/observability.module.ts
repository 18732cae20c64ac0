import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';

import { AppLogger } from './app-logger.js';
import { Meter, MetricsSource, SilentMeter } from './meter.js';
import type { Metrics } from './metrics/create-meter.js';
import { Tracing } from './tracing.js';

/** Where features report to; null: nobody reads it. */
export interface Observers {
  metrics: Metrics;
  tracing: Tracing | null;
}

const NOBODY: Observers = { metrics: { meter: new SilentMeter(), source: null }, tracing: null };

/**
 * The one logger: `constructor(private readonly logger: AppLogger)`, and where features report to
 * (`Meter`).
 */
@Module({})
export class ObservabilityModule implements OnApplicationShutdown {
  constructor(@Inject(Tracing) private readonly tracing: Tracing | null) {}

  /**
   * @param logger - from `createLogger`, made before Nest so that its start is logged too
   * @param observers - from `createMetrics` and `createTracing`
   */
  static forRoot(logger: AppLogger, { metrics, tracing }: Observers = NOBODY): DynamicModule {
    return {
      module: ObservabilityModule,
      global: true,
      providers: [
        { provide: AppLogger, useValue: logger },
        { provide: Meter, useValue: metrics.meter },
        { provide: MetricsSource, useValue: metrics.source },
        { provide: Tracing, useValue: tracing },
      ],
      exports: [AppLogger, Meter, MetricsSource, Tracing],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.tracing?.close();
  }
}
