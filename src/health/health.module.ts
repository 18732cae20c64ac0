import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { HealthMonitor } from './health-monitor.js';
import { HealthService } from './health.service.js';
import { DefaultModelIndicator } from './indicators/default-model.indicator.js';
import { StoreIndicator } from './indicators/store.indicator.js';

@Module({
  controllers: [HealthController],
  providers: [HealthService, HealthMonitor, StoreIndicator, DefaultModelIndicator],
})
export class HealthModule {}
