import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { repeat } from '../../common/repeat.js';
import type { ConfigType } from '@nestjs/config';
import { generationConfig } from '../../config/namespaces.js';
import { AppLogger } from '../../observability/app-logger.js';
import { Store } from '../../store/store.js';
import { LiveGenerations } from '../live/live-generations.js';
import { agreedNow, recordsBefore } from './expiry.js';

const EXPIRE_MS = 3_000;
const SWEEP_MS = 60_000;
/** How long a turn whose images are stored may take to its claim. */
const IMAGE_GRACE_MS = 2 * 60_000;

/** Removes expired logs and rows of ended generations, here and in the store. */
@Injectable()
export class GenerationRetention implements OnApplicationBootstrap, OnApplicationShutdown {
  private stop: (() => void)[] = [];

  constructor(
    @Inject(generationConfig.KEY) private readonly settings: ConfigType<typeof generationConfig>,
    private readonly store: Store,
    private readonly live: LiveGenerations,
    private readonly logger: AppLogger,
  ) {}

  onApplicationBootstrap(): void {
    const failed = (error: unknown): void =>
      this.logger.debug('Expired generations could not be removed', { error });
    this.stop = [
      repeat(() => this.live.expire(), EXPIRE_MS, failed),
      repeat(() => this.sweep(), SWEEP_MS, failed),
      repeat(() => this.evictDeleted(), SWEEP_MS, failed),
    ];
  }

  onApplicationShutdown(): void {
    for (const stop of this.stop) stop();
  }

  /** Data that was deleted through another process is removed from the memory of this one, too. */
  private async evictDeleted(): Promise<void> {
    const keys = this.live.endedKeys;
    if (!this.store.shared || keys.length === 0) return;
    const deleted = new Set(await this.store.generations.deletedAmong(keys));
    this.live.evict(({ record }) => deleted.has(record.key));
  }

  private async sweep(): Promise<void> {
    const now = agreedNow(this.store);
    await this.store.generations.sweep({
      logsBefore: now - this.settings.retentionMs,
      rowsBefore: recordsBefore(this.store),
    });
    await this.store.images.sweep(now - IMAGE_GRACE_MS);
  }
}
