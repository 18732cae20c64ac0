import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { Logger } from '../../observability/logger.js';
import { Store } from '../../store/store.js';
import { LiveGenerations } from '../live/live-generations.js';
import { Worker } from './worker.js';

const BEAT_MS = 3_000;
/** A counter that stood still for so long, on our own clock, belongs to a dead worker. */
const DEAD_AFTER_MS = 15_000;
const SWEEP_MS = 60_000;
const ROWS_KEPT_MS = 24 * 60 * 60_000;
/** Clocks of nodes may differ by minutes: nothing goes before everybody's time is over. */
const CLOCK_MARGIN_MS = 10 * 60_000;

/**
 * Keeps this worker alive in the store, ends what dead workers left, and removes what is out of its
 * retention. No clock is shared: a worker is dead when its counter does not move while ours does.
 */
@Injectable()
export class WorkerLife implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly seen = new Map<string, { beat: number; since: number }>();
  private timer: NodeJS.Timeout | null = null;
  private sweptAt = performance.now();

  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly store: Store,
    private readonly live: LiveGenerations,
    private readonly worker: Worker,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.arm(0);
  }

  onApplicationShutdown(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  private arm(delayMs: number): void {
    this.timer = setTimeout(() => void this.tick(), delayMs);
    this.timer.unref();
  }

  private async tick(): Promise<void> {
    this.live.expire();
    try {
      await this.store.generations.heartbeat(this.worker.id);
      await this.reap();
      await this.sweep();
    } catch (error) {
      this.logger.debug('The store could not be told that this worker lives', { error });
    }
    if (this.timer) this.arm(BEAT_MS);
  }

  private async reap(): Promise<void> {
    const now = performance.now();
    const workers = await this.store.generations.workers();
    for (const workerId of this.seen.keys()) if (!workers.has(workerId)) this.seen.delete(workerId);
    for (const [workerId, beat] of workers) {
      if (workerId === this.worker.id) continue;
      const seen = this.seen.get(workerId);
      if (seen?.beat !== beat) this.seen.set(workerId, { beat, since: now });
      else if (now - seen.since >= DEAD_AFTER_MS) await this.end(workerId, beat);
    }
  }

  private async end(workerId: string, beat: number): Promise<void> {
    this.seen.delete(workerId);
    const keys = await this.store.generations.reapWorker(workerId, beat, Date.now());
    this.logger.warn('A worker died; its generations were ended', {
      worker_id: workerId,
      generations: keys.length,
    });
  }

  private async sweep(): Promise<void> {
    if (performance.now() - this.sweptAt < SWEEP_MS) return;
    this.sweptAt = performance.now();
    const now = Date.now() - (this.store.shared ? CLOCK_MARGIN_MS : 0);
    await this.store.generations.sweep({
      logsBefore: now - this.settings.generation.retentionMs,
      rowsBefore: now - ROWS_KEPT_MS,
    });
  }
}
