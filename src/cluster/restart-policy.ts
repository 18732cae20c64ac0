const WINDOW_MS = 60_000;
const MOST_EXITS = 5;
/** Before the worker that replaces the first, second, … one that died within a minute. */
const PAUSES_MS = [0, 500, 1000, 2000];

/** Decides whether a worker that died is replaced, and after which pause. */
export class RestartPolicy {
  private times: number[] = [];

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Counts an exit; the pause before the next start in milliseconds, null when there were too many. */
  nextDelayMs(): number | null {
    const now = this.now();
    this.times = [...this.times.filter((time) => now - time < WINDOW_MS), now];
    const count = this.times.length;
    return count >= MOST_EXITS ? null : (PAUSES_MS[count - 1] ?? null);
  }
}
