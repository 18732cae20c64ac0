import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { repeat } from '../common/repeat.js';
import { dayAfter, dayOf } from '../domain/utc-days.js';
import { AppLogger } from '../observability/app-logger.js';
import { Store } from '../store/store.js';

const KEPT_DAYS = 400;
const SWEEP_MS = 60 * 60_000;

/** Removes usage that is older than it is kept. */
@Injectable()
export class UsageRetention implements OnApplicationBootstrap, OnApplicationShutdown {
  private stop: () => void = () => undefined;

  constructor(
    private readonly store: Store,
    private readonly logger: AppLogger,
  ) {}

  onApplicationBootstrap(): void {
    const sweep = (): Promise<void> =>
      this.store.usage.removeBefore(dayAfter(dayOf(Date.now()), 1 - KEPT_DAYS));
    this.stop = repeat(sweep, SWEEP_MS, (error) =>
      this.logger.debug('Old usage could not be removed', { error }),
    );
  }

  onApplicationShutdown(): void {
    this.stop();
  }
}
