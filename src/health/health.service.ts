import { Injectable } from '@nestjs/common';
import { Draining } from '../common/lifecycle/draining.js';
import type { DependenciesDto, ReadinessDto, ReadinessStatus } from './dto/readiness.dto.js';
import { HealthMonitor } from './health-monitor.js';

/** What probes are told. Nothing here waits for a dependency. */
@Injectable()
export class HealthService {
  constructor(
    private readonly monitor: HealthMonitor,
    private readonly draining: Draining,
  ) {}

  /** Ready means that requests can be served: history too, so a model server may be down. */
  async readiness(): Promise<ReadinessDto> {
    const dependencies = await this.monitor.states();
    return { status: this.status(dependencies), dependencies };
  }

  private status({ store }: DependenciesDto): ReadinessStatus {
    if (this.draining.active) return 'draining';
    return store === 'up' ? 'ready' : 'unavailable';
  }
}
