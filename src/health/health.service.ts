import { Injectable } from '@nestjs/common';
import { Draining } from '../common/lifecycle/draining.js';
import { HealthMonitor, type DependencyStates } from './health-monitor.js';

export type ReadinessStatus = 'ready' | 'unavailable' | 'draining';

/** Whether the service should receive requests, and why not. */
export interface Readiness {
  readonly status: ReadinessStatus;
  readonly dependencies: DependencyStates;
}

/** Answers probes. Nothing here waits for a dependency. */
@Injectable()
export class HealthService {
  constructor(
    private readonly monitor: HealthMonitor,
    private readonly draining: Draining,
  ) {}

  /**
   * Ready means that requests can be served. The history can be served even if the model server is
   * down.
   */
  async readiness(): Promise<Readiness> {
    const dependencies = await this.monitor.states();
    return { status: this.status(dependencies), dependencies };
  }

  private status({ store }: DependencyStates): ReadinessStatus {
    if (this.draining.active) return 'draining';
    return store === 'up' ? 'ready' : 'unavailable';
  }
}
