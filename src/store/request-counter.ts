/** State of a client's window after its request was counted. */
export interface RequestCount {
  /** Requests in its window, this one included. */
  count: number;
  /** Until its window is over, by the store's clock. */
  msLeft: number;
}

/**
 * Counts the requests of clients for all processes that work on the same store, however many ask at
 * once. Windows use the store's own clock, so that the clocks of processes do not have to agree.
 */
export abstract class RequestCounter {
  /**
   * Counts one request of `client`. The first begins a window of `windowMs`; the first after its
   * end begins the next. Rejects while the store cannot be used; the request may be counted then.
   */
  abstract count(client: string, windowMs: number): Promise<RequestCount>;
}

/** Requests of one client that are counted together. */
export interface AskedCount {
  client: string;
  added: number;
  windowMs: number;
}

interface Waiter {
  resolve: (count: RequestCount) => void;
  reject: (error: unknown) => void;
}

interface Asked {
  windowMs: number;
  waiters: Waiter[];
}

/** Interval for the removal of ended windows. */
const SWEEP_MS = 60_000;

/**
 * Requests that arrive while others are being counted wait and are counted together: a flood needs
 * two round trips instead of one per request, and refused requests cost the server almost nothing.
 */
export abstract class BatchedRequestCounter extends RequestCounter {
  private waiting = new Map<string, Asked>();
  private counting = false;
  private sweptAt = performance.now();

  count(client: string, windowMs: number): Promise<RequestCount> {
    return new Promise((resolve, reject) => {
      const asked = this.waiting.get(client) ?? { windowMs, waiters: [] };
      asked.waiters.push({ resolve, reject });
      this.waiting.set(client, asked);
      if (!this.counting) void this.countAll();
    });
  }

  /** Adds to the clients' windows; returns their new states. */
  protected abstract add(asked: AskedCount[]): Promise<Map<string, RequestCount>>;

  /** Removes windows that have ended. May fail: the rest is removed the next time. */
  protected abstract sweep(): Promise<void>;

  private async countAll(): Promise<void> {
    this.counting = true;
    while (this.waiting.size > 0) {
      const batch = this.waiting;
      this.waiting = new Map();
      await this.countBatch(batch);
    }
    this.counting = false;
    if (performance.now() - this.sweptAt < SWEEP_MS) return;
    this.sweptAt = performance.now();
    await this.sweep().catch(() => undefined);
  }

  private async countBatch(batch: Map<string, Asked>): Promise<void> {
    try {
      const counts = await this.add(
        Array.from(batch, ([client, { windowMs, waiters }]) => ({
          client,
          added: waiters.length,
          windowMs,
        })),
      );
      for (const [client, { waiters }] of batch) answer(counts.get(client), waiters);
    } catch (error) {
      for (const { waiters } of batch.values()) for (const { reject } of waiters) reject(error);
    }
  }
}

/** Waiting requests were counted together; each gets its own count, in order of arrival. */
function answer(total: RequestCount | undefined, waiters: Waiter[]): void {
  if (!total) throw new Error('A client was not counted');
  const before = total.count - waiters.length;
  waiters.forEach(({ resolve }, index) =>
    resolve({ count: before + index + 1, msLeft: total.msLeft }),
  );
}
