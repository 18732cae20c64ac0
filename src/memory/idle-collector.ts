import { Session } from 'node:inspector';
import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { GenerationActivity } from '../generation/generation-activity.js';
import { AppLogger } from '../observability/app-logger.js';
import { BurstWatch } from './burst-watch.js';

const SAMPLE_MS = 5_000;
/** Of one core; a collection stops everything for some tenths of a second. */
const CALM_LOAD = 0.4;

/**
 * Releases the memory that the start and bursts of large requests have left. V8 collects garbage only when
 * it needs memory: a service with few requests after a burst would hold hundreds of megabytes for hours. A whole
 * collection holds back every stream for 200 ms: what an ordinary load of streams leaves waits until
 * no answer is generated, and V8 collects it by itself in small steps meanwhile.
 */
@Injectable()
export class IdleCollector implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly watch = new BurstWatch(process.memoryUsage.rss());
  private timer: NodeJS.Timeout | null = null;
  private cpu = process.cpuUsage();

  constructor(
    private readonly activity: GenerationActivity,
    private readonly logger: AppLogger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.sample(), SAMPLE_MS);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    if (this.timer) clearInterval(this.timer);
  }

  private async sample(): Promise<void> {
    const memory = process.memoryUsage.rss();
    const calm = this.load() < CALM_LOAD;
    const busy = this.activity.quietIn(SAMPLE_MS) !== 0;
    if (!this.watch.due({ atMs: performance.now(), memory, calm, busy })) return;
    await collectGarbage();
    const left = process.memoryUsage.rss();
    this.watch.collected({ atMs: performance.now(), memory: left });
    this.logger.debug('Memory was given back', { bytes: memory - left });
  }

  /** CPU time since the last sample, in parts of one core. */
  private load(): number {
    const used = process.cpuUsage(this.cpu);
    this.cpu = process.cpuUsage();
    return (used.user + used.system) / 1_000 / SAMPLE_MS;
  }
}

/** The only way in Node without a command line flag. */
function collectGarbage(): Promise<void> {
  const session = new Session();
  session.connect();
  return new Promise((resolve) => {
    session.post('HeapProfiler.collectGarbage', () => {
      // Not in here: V8 holds a lock meanwhile that disconnecting takes too.
      setImmediate(() => {
        session.disconnect();
        resolve();
      });
    });
  });
}
