import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { repeat } from '../../common/repeat.js';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { Logger } from '../../observability/logger.js';
import { Store } from '../../store/store.js';
import { LiveGenerations } from '../live/live-generations.js';

const EXPIRE_MS = 3_000;
const SWEEP_MS = 60_000;
const ROWS_KEPT_MS = 24 * 60 * 60_000;
/** Clocks of nodes may differ by minutes: nothing goes before everybody's time is over. */
const CLOCK_MARGIN_MS = 10 * 60_000;

/** Removes logs and rows of ended generations that are out of their retention, here and in the store. */
@Injectable()
export class GenerationRetention implements OnApplicationBootstrap, OnApplicationShutdown {
  private stop: (() => void)[] = [];

  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly store: Store,
    private readonly live: LiveGenerations,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const failed = (error: unknown): void =>
      this.logger.debug('What is out of its retention could not be removed', { error });
    this.stop = [
      repeat(() => this.live.expire(), EXPIRE_MS, failed),
      repeat(() => this.sweep(), SWEEP_MS, failed),
      repeat(() => this.forgetDeleted(), SWEEP_MS, failed),
    ];
  }

  onApplicationShutdown(): void {
    for (const stop of this.stop) stop();
  }

  /** What was deleted through another process is forgotten in this one, too. */
  private async forgetDeleted(): Promise<void> {
    const keys = this.live.endedKeys;
    if (!this.store.shared || keys.length === 0) return;
    const deleted = new Set(await this.store.generations.deletedAmong(keys));
    this.live.forget(({ record }) => deleted.has(record.key));
  }

  private async sweep(): Promise<void> {
    const now = Date.now() - (this.store.shared ? CLOCK_MARGIN_MS : 0);
    await this.store.generations.sweep({
      logsBefore: now - this.settings.generation.retentionMs,
      rowsBefore: now - ROWS_KEPT_MS,
    });
  }
}
