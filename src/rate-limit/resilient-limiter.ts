import type { AppLogger } from '../observability/app-logger.js';
import type { Count, Limiter } from './limiter.js';

/**
 * After a failure the store is not called for this time, so that an outage does not delay requests.
 */
const PAUSE_MS = 1000;

/**
 * Counts in a shared store while it answers in time, and in this process alone while it does not:
 * limits never fail a request. The process always counts too, so that an outage does not give a
 * client a second budget. One line in the log for the start of an outage, one for its end.
 */
export class ResilientLimiter implements Limiter {
  private failing = false;
  private retryAt = 0;

  constructor(
    private readonly shared: Limiter,
    private readonly local: Limiter,
    private readonly logger: AppLogger,
    /** A request waits for the shared store no longer than this. */
    private readonly timeoutMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get limit(): number {
    return this.shared.limit;
  }

  async consume(client: string, limit?: number): Promise<Count> {
    const locally = await this.local.consume(client, limit);
    if (this.failing && this.now() < this.retryAt) return locally;
    try {
      const count = await withTimeout(this.shared.consume(client, limit), this.timeoutMs);
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

async function withTimeout<T>(call: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const giveUp = (): void => reject(new Error('The store took too long'));
    // If this process was too busy, the answer may already have arrived: it is read first.
    timer = setTimeout(() => setImmediate(giveUp), timeoutMs);
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
}
