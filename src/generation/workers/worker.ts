import { randomUUID } from 'node:crypto';
import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { repeat } from '../../common/repeat.js';
import { AppLogger } from '../../observability/app-logger.js';
import { Store } from '../../store/store.js';

export const HEARTBEAT_MS = 3_000;

/** This process among those that share a store: its id and its heartbeat. */
@Injectable()
export class Worker implements OnApplicationBootstrap, OnApplicationShutdown {
  /** A new one at each start: process ids repeat. */
  readonly id = randomUUID();
  private stop: () => void = () => undefined;

  constructor(
    private readonly store: Store,
    private readonly logger: AppLogger,
  ) {}

  onApplicationBootstrap(): void {
    this.stop = repeat(
      () => this.store.coordination.heartbeat(this.id),
      HEARTBEAT_MS,
      (error) => this.logger.debug('The heartbeat could not be stored', { error }),
    );
  }

  onApplicationShutdown(): void {
    this.stop();
  }
}
