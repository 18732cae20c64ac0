import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { logConfig } from '../config/namespaces.js';
import { AppLogger } from './app-logger.js';
import { Audit } from './audit/audit.js';
import { createAudit } from './audit/create-audit.js';
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
 * The one logger: `constructor(private readonly logger: AppLogger)`, the one audit, and where features
 * report to (`Meter`).
 */
@Module({})
export class ObservabilityModule implements OnApplicationShutdown {
  constructor(
    private readonly audit: Audit,
    @Inject(Tracing) private readonly tracing: Tracing | null,
  ) {}

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
        { provide: Audit, useFactory: createAudit, inject: [logConfig.KEY, AppLogger] },
        { provide: Meter, useValue: metrics.meter },
        { provide: MetricsSource, useValue: metrics.source },
        { provide: Tracing, useValue: tracing },
      ],
      exports: [AppLogger, Audit, Meter, MetricsSource, Tracing],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    this.audit.close();
    await this.tracing?.close();
  }
}
