import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { repeat } from '../../common/repeat.js';
import { Logger } from '../../observability/logger.js';
import { Store } from '../../store/store.js';
import { Worker } from './worker.js';

export const BEAT_MS = 3_000;

/** Raises this worker's counter in the store, by which others see that it lives. */
@Injectable()
export class Heartbeat implements OnApplicationBootstrap, OnApplicationShutdown {
  private stop: () => void = () => undefined;

  constructor(
    private readonly store: Store,
    private readonly worker: Worker,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.stop = repeat(
      () => this.store.coordination.heartbeat(this.worker.id),
      BEAT_MS,
      (error) => this.logger.debug('The heartbeat could not be stored', { error }),
    );
  }

  onApplicationShutdown(): void {
    this.stop();
  }
}
