import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { repeat } from '../../common/repeat.js';
import { AppLogger } from '../../observability/app-logger.js';
import { Store } from '../../store/store.js';
import { OrphanedGenerations } from './orphaned-generations.js';
import { HEARTBEAT_MS, Worker } from './worker.js';

/** A worker is dead if its counter has not changed for this time, on this process's clock. */
const DEAD_AFTER_MS = 15_000;
/** A longer pause between two checks means an outage, which other workers may have had too. */
const OUTAGE_MS = 2 * HEARTBEAT_MS;

/**
 * Finds dead workers and ends their generations. Clocks are not compared: a worker is dead when its
 * counter does not change while this worker's does.
 */
@Injectable()
export class FailureDetector implements OnApplicationBootstrap, OnApplicationShutdown {
  private stop: () => void = () => undefined;
  private readonly seen = new Map<string, { beat: number; since: number }>();
  private checkedAt = performance.now();
  private afterOutage = false;

  constructor(
    private readonly store: Store,
    private readonly worker: Worker,
    private readonly orphaned: OrphanedGenerations,
    private readonly logger: AppLogger,
  ) {}

  onApplicationBootstrap(): void {
    this.stop = repeat(
      () => this.check(),
      HEARTBEAT_MS,
      (error) => this.logger.debug('The workers could not be checked', { error }),
    );
  }

  onApplicationShutdown(): void {
    this.stop();
  }

  private async check(): Promise<void> {
    const workers = await this.store.coordination.workers();
    const now = performance.now();
    const mayDecide = this.mayDecide(now);
    for (const workerId of this.seen.keys()) if (!workers.has(workerId)) this.seen.delete(workerId);
    for (const [workerId, beat] of workers) {
      if (workerId === this.worker.id) continue;
      const seen = this.seen.get(workerId);
      if (seen?.beat !== beat) this.seen.set(workerId, { beat, since: now });
      else if (mayDecide && now - seen.since >= DEAD_AFTER_MS) {
        this.seen.delete(workerId);
        await this.orphaned.endOf(workerId, beat);
      }
    }
  }

  /** Not at the first check after an outage; if every check takes long, at all later ones. */
  private mayDecide(now: number): boolean {
    const outage = now - this.checkedAt > OUTAGE_MS;
    const mayDecide = !outage || this.afterOutage;
    this.afterOutage = outage;
    this.checkedAt = now;
    return mayDecide;
  }
}
