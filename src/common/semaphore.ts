interface Waiter {
  permits: number;
  begin: () => void;
}

/** Limits the number of tasks that run at once; the others wait in order of arrival. */
export class Semaphore {
  private free: number;
  private readonly waiting = new Set<Waiter>();

  /** @param expiry how long a task may wait, and the error with which it fails after that */
  constructor(
    private readonly limit: number,
    private readonly expiry?: { afterMs: number; error: () => Error },
  ) {
    this.free = limit;
  }

  /** @param wanted how many permits the task takes, at most all of them */
  async run<T>(task: () => Promise<T>, wanted = 1): Promise<T> {
    const permits = Math.min(wanted, this.limit);
    if (this.waiting.size === 0 && permits <= this.free) this.free -= permits;
    else await this.acquired(permits);
    try {
      return await task();
    } finally {
      this.free += permits;
      this.grantNext();
    }
  }

  /** Its permits are taken once this resolves. */
  private acquired(permits: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter = {
        permits,
        begin: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const expire = (error: Error): void => {
        this.waiting.delete(waiter);
        reject(error);
        this.grantNext();
      };
      const { expiry } = this;
      const timer = expiry && setTimeout(() => expire(expiry.error()), expiry.afterMs);
      this.waiting.add(waiter);
    });
  }

  /** Released permits go directly to waiting tasks, so that no new task overtakes them. */
  private grantNext(): void {
    for (const waiter of this.waiting) {
      if (waiter.permits > this.free) return;
      this.free -= waiter.permits;
      this.waiting.delete(waiter);
      waiter.begin();
    }
  }
}
