import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { repeat } from '../../common/repeat.js';
import { AppLogger } from '../../observability/app-logger.js';
import { Store } from '../../store/store.js';
import { newWorkerId } from './worker-id.js';

/** This process among those that share a store: its id and its heartbeat. */
@Injectable()
export class Worker implements OnApplicationShutdown {
  readonly id = newWorkerId();
  private stop: () => void = () => undefined;

  constructor(
    private readonly store: Store,
    private readonly logger: AppLogger,
  ) {}

  /** Begins its heartbeat; resolves when the first one is stored, or has failed. */
  begin(): Promise<void> {
    const { coordination } = this.store;
    return new Promise((resolve) => {
      this.stop = repeat(
        () => coordination.heartbeat(this.id).finally(resolve),
        coordination.heartbeatMs,
        (error) => this.logger.debug('The heartbeat could not be stored', { error }),
      );
    });
  }

  onApplicationShutdown(): void {
    this.stop();
  }
}
