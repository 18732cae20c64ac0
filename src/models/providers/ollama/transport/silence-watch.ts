/**
 * Calls `onSilence` when `touch` was not called for `timeoutMs`. A touch only notes the time; one
 * timer for the whole watch looks whether it was right to ring, and otherwise sleeps for the rest.
 */
export class SilenceWatch {
  private lastActivity = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly timeoutMs: number,
    private readonly onSilence: () => void,
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
      else this.onSilence();
    }, delayMs);
    this.timer.unref();
  }
}
