import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { repeat } from '../../common/repeat.js';
import { Logger } from '../../observability/logger.js';
import { Store } from '../../store/store.js';
import { BEAT_MS } from './heartbeat.js';
import { LostGenerations } from './lost-generations.js';
import { Worker } from './worker.js';

/** A counter that stood still for so long, on our own clock, belongs to a dead worker. */
const DEAD_AFTER_MS = 15_000;
/** Two looks further apart than this had an outage between them: others may not have beaten either. */
const OUTAGE_MS = 2 * BEAT_MS;

/**
 * Finds the workers that died and ends what they ran. No clock is shared: a worker is dead when its
 * counter does not move while ours does.
 */
@Injectable()
export class DeadWorkers implements OnApplicationBootstrap, OnApplicationShutdown {
  private stop: () => void = () => undefined;
  private readonly seen = new Map<string, { beat: number; since: number }>();
  private lookedAt = performance.now();
  private afterOutage = false;

  constructor(
    private readonly store: Store,
    private readonly worker: Worker,
    private readonly lost: LostGenerations,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.stop = repeat(
      () => this.look(),
      BEAT_MS,
      (error) => this.logger.debug('The workers could not be looked at', { error }),
    );
  }

  onApplicationShutdown(): void {
    this.stop();
  }

  private async look(): Promise<void> {
    const workers = await this.store.coordination.workers();
    const now = performance.now();
    const mayJudge = this.mayJudge(now);
    for (const workerId of this.seen.keys()) if (!workers.has(workerId)) this.seen.delete(workerId);
    for (const [workerId, beat] of workers) {
      if (workerId === this.worker.id) continue;
      const seen = this.seen.get(workerId);
      if (seen?.beat !== beat) this.seen.set(workerId, { beat, since: now });
      else if (mayJudge && now - seen.since >= DEAD_AFTER_MS) {
        this.seen.delete(workerId);
        await this.lost.endOf(workerId, beat);
      }
    }
  }

  /** Not at the first look after an outage; where every look takes long, at the others. */
  private mayJudge(now: number): boolean {
    const outage = now - this.lookedAt > OUTAGE_MS;
    const mayJudge = !outage || this.afterOutage;
    this.afterOutage = outage;
    this.lookedAt = now;
    return mayJudge;
  }
}
