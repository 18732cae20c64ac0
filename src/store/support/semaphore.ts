import { AppError } from '../../common/errors/app-error.js';

interface Waiter {
  places: number;
  begin: () => void;
}

/** Lets so many tasks run at once; the others wait for their turn, in the order in which they came. */
export class Limiter {
  private free: number;
  private readonly waiting = new Set<Waiter>();

  /** @param patienceMs how long a task may wait; it then fails as `store_unavailable` */
  constructor(
    private readonly limit: number,
    private readonly patienceMs = Infinity,
  ) {
    this.free = limit;
  }

  /** @param wanted how many places the task takes, of those that there are */
  async run<T>(task: () => Promise<T>, wanted = 1): Promise<T> {
    const places = Math.min(wanted, this.limit);
    if (this.waiting.size === 0 && places <= this.free) this.free -= places;
    else await this.turn(places);
    try {
      return await task();
    } finally {
      this.free += places;
      this.letIn();
    }
  }

  /** Its places are taken once this resolves. */
  private turn(places: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter = {
        places,
        begin: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const giveUp = (): void => {
        this.waiting.delete(waiter);
        reject(tooLate());
        this.letIn();
      };
      const timer = Number.isFinite(this.patienceMs)
        ? setTimeout(giveUp, this.patienceMs)
        : undefined;
      this.waiting.add(waiter);
    });
  }

  /** Places go straight to those who wait, so that no newcomer slips in between. */
  private letIn(): void {
    for (const waiter of this.waiting) {
      if (waiter.places > this.free) return;
      this.free -= waiter.places;
      this.waiting.delete(waiter);
      waiter.begin();
    }
  }
}

function tooLate(): AppError {
  return new AppError('store_unavailable', 'The conversation store is not available', {
    cause: new Error('Too many others were being served'),
  });
}
