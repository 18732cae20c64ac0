import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { isStoreUnavailable } from '../../common/errors/app-error.js';
import type { LogBatch } from '../../domain/generation.js';
import { AppLogger } from '../../observability/app-logger.js';
import { Store } from '../../store/store.js';
import type { LiveGeneration } from '../live/live-generation.js';
import { Worker } from '../workers/worker.js';

const TICK_MS = 1_000;
/** Interval for the log of a generation that another process reads. */
const WATCHED_TICK_MS = 100;

interface Unsaved {
  live: LiveGeneration;
  batch: LogBatch;
}

/**
 * Writes the tokens of all running generations to the store, in one statement a tick, so that a
 * crash loses a second of text at most. The timer runs only while there is something to write.
 */
@Injectable()
export class LogWriter implements OnApplicationShutdown {
  private readonly open = new Set<LiveGeneration>();
  private readonly watched = new Set<string>();
  /**
   * Generations whose log the store refused: each is written by itself, so that it does not block
   * the others.
   */
  private readonly refused = new Set<LiveGeneration>();
  private timer: NodeJS.Timeout | null = null;
  private wroteAllAt = -Infinity;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: Store,
    private readonly worker: Worker,
    private readonly logger: AppLogger,
  ) {}

  add(live: LiveGeneration): void {
    this.open.add(live);
    this.arm();
  }

  /** No more ticks for it; resolves when a write under way is over. */
  async remove(live: LiveGeneration): Promise<void> {
    this.open.delete(live);
    this.watched.delete(live.record.key);
    this.refused.delete(live);
    await this.writing;
  }

  /** Says whether another process reads this generation now. */
  setWatched(key: string, watched: boolean): void {
    if (!watched) {
      this.watched.delete(key);
    } else if (!this.watched.has(key)) {
      this.watched.add(key);
      this.disarm();
      this.arm();
    }
  }

  /** The tokens that the store does not have yet, or null. */
  unsaved(live: LiveGeneration): LogBatch | null {
    const tokens = live.log.piecesAfter(live.storedSeq);
    if (tokens.length === 0) return null;
    return { key: live.record.key, firstSeq: live.storedSeq + 1, tokens };
  }

  onApplicationShutdown(): void {
    this.disarm();
  }

  private arm(): void {
    if (this.timer || this.open.size === 0) return;
    this.timer = setTimeout(() => void this.tick(), this.watched.size ? WATCHED_TICK_MS : TICK_MS);
    this.timer.unref();
  }

  private disarm(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  private async tick(): Promise<void> {
    this.timer = null;
    this.writing = this.write(this.due());
    await this.writing;
    this.arm();
  }

  /** All logs once a second; in between only those that other processes read. */
  private due(): LiveGeneration[] {
    const open = [...this.open];
    if (performance.now() - this.wroteAllAt < TICK_MS - WATCHED_TICK_MS / 2) {
      return open.filter((live) => this.watched.has(live.record.key));
    }
    this.wroteAllAt = performance.now();
    return open;
  }

  private async write(due: LiveGeneration[]): Promise<void> {
    const pending = due.flatMap((live) => {
      const batch = this.unsaved(live);
      return batch ? [{ live, batch }] : [];
    });
    const together = pending.filter(({ live }) => !this.refused.has(live));
    const refused = pending.filter(({ live }) => this.refused.has(live));
    await Promise.all([together, ...refused.map((one) => [one])].map((some) => this.append(some)));
  }

  /**
   * One statement for all. If the store refuses it, each log is written by itself, since only one
   * may be the cause.
   */
  private async append(pending: readonly Unsaved[]): Promise<void> {
    if (pending.length === 0) return;
    try {
      const batches = pending.map(({ batch }) => batch);
      const lost = new Set(await this.store.generations.append(this.worker.id, batches));
      for (const { live, batch } of pending) {
        if (lost.has(batch.key)) live.stop('lost');
        // A slow write may overlap with the next one; both have the same beginning.
        else live.storedSeq = Math.max(live.storedSeq, batch.firstSeq + batch.tokens.length - 1);
        this.refused.delete(live);
      }
    } catch (error) {
      if (!isStoreUnavailable(error) && pending.length > 1) {
        for (const one of pending) await this.append([one]);
        return;
      }
      if (!isStoreUnavailable(error)) for (const { live } of pending) this.refused.add(live);
      this.logger.warn('The log of running answers could not be stored yet', { error });
    }
  }
}
