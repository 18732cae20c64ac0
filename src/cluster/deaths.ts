const WINDOW_MS = 60_000;
const MOST = 5;
/** Before the worker that takes the place of the first, second, … dead one of a minute. */
const PAUSES_MS = [0, 500, 1000, 2000];

/** Decides whether a dead worker is worth another one. */
export class Deaths {
  private times: number[] = [];

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Counts a death; the pause before the next start in milliseconds, null when it is too many. */
  add(): number | null {
    const now = this.now();
    this.times = [...this.times.filter((time) => now - time < WINDOW_MS), now];
    const count = this.times.length;
    return count >= MOST ? null : (PAUSES_MS[count - 1] ?? null);
  }
}
