import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Logger } from '../../observability/logger.js';
import { Store } from '../../store/store.js';
import type { LiveGeneration } from '../live/live-generation.js';
import { LiveGenerations } from '../live/live-generations.js';
import { LogWriter } from '../record/log-writer.js';
import { Worker } from './worker.js';

const POLL_MS = 250;

/**
 * Brings what other workers have to say of this one's generations to them: stop (cancel, deletion),
 * and whether they have readers. Asked of the store, once for all of them.
 */
@Injectable()
export class Signals implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | null = null;
  /** Generations that are read elsewhere, each with the way to say that it no longer is. */
  private readonly readElsewhere = new Map<LiveGeneration, () => void>();

  constructor(
    private readonly store: Store,
    private readonly live: LiveGenerations,
    private readonly logWriter: LogWriter,
    private readonly worker: Worker,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    // Asked through this very process, there is no need to wait for the next look.
    this.store.onSignal(() => void this.look());
    if (!this.store.shared) return;
    this.live.onAbandoned = (live) => void this.confirmAbandoned(live);
    this.arm();
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
      const signals = await this.store.coordination.signals(this.worker.id);
      for (const { key, stop } of signals) if (stop) this.live.get(key)?.stop(stop);
      const watched = new Set(signals.flatMap(({ key, watchers }) => (watchers > 0 ? key : [])));
      for (const live of this.live.running)
        this.setReadElsewhere(live, watched.has(live.record.key));
      for (const live of this.readElsewhere.keys()) if (live.end) this.readElsewhere.delete(live);
    } catch (error) {
      this.logger.debug('The store could not be asked for signals', { error });
    }
  }

  /** The last reader here has left: one on another worker may have come since the last look. */
  private async confirmAbandoned(live: LiveGeneration): Promise<void> {
    await this.look();
    if (live.readers.present === 0) live.stop('cancelled');
  }

  private setReadElsewhere(live: LiveGeneration, reading: boolean): void {
    const leave = this.readElsewhere.get(live);
    if (reading === Boolean(leave)) return;
    this.logWriter.setWatched(live.record.key, reading);
    if (leave) {
      this.readElsewhere.delete(live);
      leave();
    } else {
      this.readElsewhere.set(live, live.readers.enter());
    }
  }
}
