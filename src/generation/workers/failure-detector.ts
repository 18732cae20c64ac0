import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Siblings } from '../../common/lifecycle/siblings.js';
import { repeat } from '../../common/repeat.js';
import { Semaphore } from '../../common/semaphore.js';
import { settledWithin } from '../../common/settled-within.js';
import { AppLogger } from '../../observability/app-logger.js';
import { Store } from '../../store/store.js';
import { OrphanedGenerations } from './orphaned-generations.js';
import { WorkerWatch } from './worker-watch.js';
import { Worker } from './worker.js';

/** How long the first look may delay the start. */
const FIRST_LOOK_MS = 1_000;

/**
 * Looks for dead workers and ends their generations: twice as often as a worker beats, when the
 * primary process says that a worker died, and at the start, so that the first request finds ended what
 * an earlier process of this host ran.
 */
@Injectable()
export class FailureDetector implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly turns = new Semaphore(1);
  private stop: () => void = () => undefined;
  private stopped = false;

  constructor(
    private readonly store: Store,
    private readonly worker: Worker,
    private readonly orphaned: OrphanedGenerations,
    private readonly siblings: Siblings,
    private readonly logger: AppLogger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { heartbeatMs } = this.store.coordination;
    const watch = new WorkerWatch(this.worker.id, performance.now(), 3 * heartbeatMs);
    const look = (): Promise<void> => this.turns.run(() => this.look(watch));
    this.siblings.onDeath(() => void look());
    const first = this.worker.begin().then(look);
    await settledWithin(first, FIRST_LOOK_MS);
    if (!this.stopped) this.stop = repeat(look, heartbeatMs / 2, () => undefined);
  }

  onApplicationShutdown(): void {
    this.stopped = true;
    this.stop();
  }

  /** Never rejects. */
  private async look(watch: WorkerWatch): Promise<void> {
    try {
      const workers = await this.store.coordination.workers();
      for (const { workerId, beat } of watch.look(workers, performance.now()))
        await this.orphaned.endOf(workerId, beat);
    } catch (error) {
      this.logger.debug('The workers could not be checked', { error });
    }
  }
}
