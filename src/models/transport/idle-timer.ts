/**
 * Calls `onIdle` when `touch` was not called for `timeoutMs`. A touch only notes the time; one timer
 * checks when it fires whether the time is really up, and otherwise waits for the rest.
 */
export class IdleTimer {
  private lastActivity = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly timeoutMs: number,
    private readonly onIdle: () => void,
  ) {}

  start(): void {
    this.touch();
    this.arm(this.timeoutMs);
  }

  touch(): void {
    this.lastActivity = performance.now();
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private arm(delayMs: number): void {
    this.timer = setTimeout(() => {
      const left = this.lastActivity + this.timeoutMs - performance.now();
      if (left > 0) this.arm(Math.ceil(left));
      else this.onIdle();
    }, delayMs);
    this.timer.unref();
  }
}
