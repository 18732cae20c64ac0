import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Logger } from '../observability/logger.js';
import { Store } from '../store/store.js';
import { LiveGenerations } from './live-generations.js';
import { Worker } from './worker.js';

const POLL_MS = 250;

/** Brings what others ask of this worker's generations (cancel, deletion) to them. */
@Injectable()
export class StopSignals implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly store: Store,
    private readonly live: LiveGenerations,
    private readonly worker: Worker,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    // Asked through this very process, there is no need to wait for the next look.
    this.store.onSignal = () => void this.look();
    if (this.store.shared) this.arm();
  }

  onApplicationShutdown(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  private arm(): void {
    this.timer = setTimeout(() => {
      void this.look().then(() => {
        if (this.timer) this.arm();
      });
    }, POLL_MS);
    this.timer.unref();
  }

  private async look(): Promise<void> {
    if (this.live.running.length === 0) return;
    try {
      for (const { key, stop } of await this.store.generations.signals(this.worker.id)) {
        if (stop) this.live.get(key)?.stop(stop);
      }
    } catch (error) {
      this.logger.debug('The store could not be asked for stop requests', { error });
    }
  }
}
