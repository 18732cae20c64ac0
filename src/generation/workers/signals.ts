import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { AppLogger } from '../../observability/app-logger.js';
import { Store } from '../../store/store.js';
import type { LiveGeneration } from '../live/live-generation.js';
import { LogWriter } from '../record/log-writer.js';
import { Worker } from './worker.js';

const POLL_MS = 250;

/**
 * Signals of other workers for this worker's generations: stop requests (cancel, deletion, a message
 * to a chat whose answer nobody reads), and whether they have readers there. Read from the store, at
 * once for all of them.
 */
@Injectable()
export class Signals implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | null = null;
  private readonly running = new Map<string, LiveGeneration>();
  /** Generations with readers in other workers, each with the function that removes that reader. */
  private readonly readElsewhere = new Map<LiveGeneration, () => void>();

  constructor(
    private readonly store: Store,
    private readonly logWriter: LogWriter,
    private readonly worker: Worker,
    private readonly logger: AppLogger,
  ) {}

  onApplicationBootstrap(): void {
    // Requests through this process do not wait for the next poll.
    this.store.onSignal(() => void this.poll());
    if (this.store.shared) this.arm();
  }

  onApplicationShutdown(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  /** From its claim on. */
  add(live: LiveGeneration): void {
    this.running.set(live.record.key, live);
  }

  /** Once it has ended. */
  remove(live: LiveGeneration): void {
    this.running.delete(live.record.key);
    if (this.readElsewhere.has(live)) this.leaveElsewhere(live);
  }

  /**
   * Its last reader here has disconnected and the grace period has ended. It is cancelled, unless a
   * reader on another worker has connected since the last poll.
   */
  async abandoned(live: LiveGeneration): Promise<void> {
    if (this.store.shared) await this.poll();
    if (live.readers.present === 0) live.stop('cancelled');
  }

  private arm(): void {
    this.timer = setTimeout(() => {
      void this.poll().then(() => {
        if (this.timer) this.arm();
      });
    }, POLL_MS);
    this.timer.unref();
  }

  private async poll(): Promise<void> {
    if (this.running.size === 0) return;
    try {
      const signals = await this.store.coordination.signals(this.worker.id);
      const watched = new Set<LiveGeneration>();
      const asked: LiveGeneration[] = [];
      for (const { key, stop, watchers } of signals) {
        const live = this.running.get(key);
        if (!live) continue;
        if (stop === 'unless_read') asked.push(live);
        else if (stop) live.stop(stop);
        if (watchers > 0) watched.add(live);
      }
      for (const live of watched) this.enterElsewhere(live);
      for (const live of this.readElsewhere.keys())
        if (!watched.has(live)) this.leaveElsewhere(live);
      for (const live of asked) await this.stopUnlessRead(live);
    } catch (error) {
      this.logger.debug('The signals could not be read from the store', { error });
    }
  }

  /** Readers here and elsewhere are known together only now. */
  private async stopUnlessRead(live: LiveGeneration): Promise<void> {
    if (live.readers.present === 0 || live.ending) live.stop('cancelled');
    else await this.store.coordination.refuseUnreadStop(live.record.key);
  }

  private enterElsewhere(live: LiveGeneration): void {
    if (this.readElsewhere.has(live)) return;
    this.logWriter.setWatched(live.record.key, true);
    this.readElsewhere.set(live, live.readers.enter());
  }

  private leaveElsewhere(live: LiveGeneration): void {
    const leave = this.readElsewhere.get(live);
    this.readElsewhere.delete(live);
    this.logWriter.setWatched(live.record.key, false);
    leave?.();
  }
}
