import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { isStoreUnavailable } from '../../common/errors/app-error.js';
import { repeat } from '../../common/repeat.js';
import type { GenerationRecord } from '../../domain/generation.js';
import { AppLogger } from '../../observability/app-logger.js';
import { Store } from '../../store/store.js';
import { LiveGenerations } from '../live/live-generations.js';
import { Worker } from './worker.js';

const CHECK_MS = 3_000;
/** After this time a generation whose messages the store refuses is ended without them. */
const WITH_MESSAGES_MS = 10_000;
/** A released claim may still arrive at the store for this time. */
const RELEASED_MS = 60 * 60_000;

/**
 * Ends generations that the store has as running and that no process runs: those of a dead worker,
 * and those that this worker has lost. Each is ended by itself, so that a refused one does not
 * delay the others.
 */
@Injectable()
export class OrphanedGenerations implements OnApplicationBootstrap, OnApplicationShutdown {
  private stop: () => void = () => undefined;
  /** When the store first refused the end of a generation, on this process's clock. */
  private readonly refusedSince = new Map<string, number>();
  /** Failed claims that may be in the store, with the time until which they are looked up. */
  private readonly released = new Map<string, number>();

  constructor(
    private readonly store: Store,
    private readonly live: LiveGenerations,
    private readonly worker: Worker,
    private readonly logger: AppLogger,
  ) {}

  onApplicationBootstrap(): void {
    this.stop = repeat(
      () => this.endOwn(),
      CHECK_MS,
      (error) => this.logger.debug('Orphaned generations could not be looked up', { error }),
    );
  }

  onApplicationShutdown(): void {
    this.stop();
  }

  /**
   * Releases a claim of this worker, now or when the store is available again; returns whether it is
   * released. Never rejects.
   */
  async release(key: string): Promise<boolean> {
    this.released.set(key, performance.now() + RELEASED_MS);
    try {
      await this.store.generations.abandon(key, this.worker.id);
      return true;
    } catch (error) {
      this.logger.debug('A claim could not be released yet', { error });
      return false;
    }
  }

  /**
   * Ends generations that the store lists as running under this worker and that it does not run.
   */
  async endOwn(): Promise<void> {
    this.forgetReleased();
    const orphans = (await this.store.coordination.runningUnder(this.worker.id)).filter(
      (key) => !this.live.get(key),
    );
    for (const key of orphans) await this.endOrphan(key);
  }

  /** Ends one of this worker that it does not run any more; another worker's is not changed. */
  async endIfOrphaned({
    key,
    workerId,
  }: Pick<GenerationRecord, 'key' | 'workerId'>): Promise<void> {
    if (workerId === this.worker.id && !this.live.get(key)) await this.endOrphan(key);
  }

  /** Ends one of this worker; the turn of a released claim never began and must not become messages. */
  private async endOrphan(key: string): Promise<void> {
    if (this.released.has(key)) await this.store.generations.abandon(key, this.worker.id);
    else await this.end(key, this.worker.id);
  }

  /** Ends the generations of a dead worker, unless its counter changed from `beat`. */
  async endOf(workerId: string, beat: number): Promise<void> {
    const keys = await this.store.coordination.forgetWorker(workerId, beat);
    let ended = 0;
    for (const key of keys) if (await this.end(key, workerId)) ended += 1;
    if (keys.length === 0) return;
    this.logger.warn('A worker died; its generations were ended', {
      worker_id: workerId,
      generations: ended,
    });
  }

  /** False if the store refuses it for now, or if it does not run any more. */
  private async end(key: string, workerId: string): Promise<boolean> {
    const { coordination } = this.store;
    const since = this.refusedSince.get(key);
    try {
      return await this.accepted(key, coordination.endLost(key, workerId, Date.now()));
    } catch (error) {
      if (isStoreUnavailable(error)) throw error;
      this.refusedSince.set(key, since ?? performance.now());
      this.logger.warn('The store refuses the end of an orphaned generation', { error });
    }
    if (since === undefined || performance.now() - since < WITH_MESSAGES_MS) return false;
    return this.accepted(key, coordination.endLost(key, workerId, Date.now(), 'record'));
  }

  private async accepted(key: string, ending: Promise<boolean>): Promise<boolean> {
    const ended = await ending;
    this.refusedSince.delete(key);
    return ended;
  }

  private forgetReleased(): void {
    const now = performance.now();
    for (const [key, until] of this.released) {
      if (until > now) return;
      this.released.delete(key);
    }
  }
}
