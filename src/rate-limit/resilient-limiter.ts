import type { Logger } from '../observability/logger.js';
import type { Count, Limiter } from './limiter.js';

/** After a failure the store is left alone for so long, so that an outage does not slow requests. */
const PAUSE_MS = 1000;

/**
 * Counts in a shared store while it answers in time, and in this process alone while it does not:
 * limits never fail a request. The process counts all the while, so that an outage gives nobody a
 * second budget. One line in the log for the start of an outage, one for its end.
 */
export class ResilientLimiter implements Limiter {
  private failing = false;
  private retryAt = 0;

  constructor(
    private readonly shared: Limiter,
    private readonly local: Limiter,
    private readonly logger: Logger,
    /** A request waits for the shared store no longer than this. */
    private readonly patienceMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get limit(): number {
    return this.shared.limit;
  }

  async consume(client: string): Promise<Count> {
    const locally = await this.local.consume(client);
    if (this.failing && this.now() < this.retryAt) return locally;
    try {
      const count = await inTime(this.shared.consume(client), this.patienceMs);
      this.recovered();
      return count;
    } catch (error) {
      this.failed(error);
      return locally;
    }
  }

  private failed(error: unknown): void {
    this.retryAt = this.now() + PAUSE_MS;
    if (this.failing) return;
    this.failing = true;
    this.logger.warn('The shared rate limit cannot be reached: limiting locally', { error });
  }

  private recovered(): void {
    if (!this.failing) return;
    this.failing = false;
    this.logger.info('The shared rate limit is reached again');
  }
}

async function inTime<T>(call: Promise<T>, patienceMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const giveUp = (): void => reject(new Error('The store took too long'));
    // When this process was too busy to look, the answer may lie there: it is read first.
    timer = setTimeout(() => setImmediate(giveUp), patienceMs);
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
}
