import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { repeat } from '../common/repeat.js';
import { changesConfig } from '../config/namespaces.js';
import { AppLogger } from '../observability/app-logger.js';
import { ChangeFeed } from '../store/change-feed.js';

const SWEEP_MS = 60_000;
/** Even if nothing is kept for later readers, those of other workers must have read it; clocks differ. */
const LEAST_MS = 10 * 60_000;

/** `EVENTS_RETENTION`: removes changes that are older. */
@Injectable()
export class ChangeRetention implements OnApplicationBootstrap, OnApplicationShutdown {
  private stop: () => void = () => undefined;

  constructor(
    @Inject(changesConfig.KEY) private readonly settings: ConfigType<typeof changesConfig>,
    private readonly feed: ChangeFeed,
    private readonly logger: AppLogger,
  ) {}

  onApplicationBootstrap(): void {
    const sweep = (): Promise<void> =>
      this.feed.sweep(Date.now() - Math.max(this.settings.retentionMs, LEAST_MS));
    this.stop = repeat(sweep, SWEEP_MS, (error) =>
      this.logger.debug('Old changes could not be removed', { error }),
    );
  }

  onApplicationShutdown(): void {
    this.stop();
  }
}
