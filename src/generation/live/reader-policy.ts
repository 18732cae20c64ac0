import type { OnDisconnect } from '../../domain/generation.js';

/**
 * Counts the readers of a running generation and cancels it when the last one disconnects: `cancel`
 * at once, `grace` after some time without readers, `continue` never.
 */
export class ReaderPolicy {
  private count = 0;
  private timer: NodeJS.Timeout | null = null;
  private closed = false;

  constructor(
    private readonly policy: OnDisconnect,
    private readonly graceMs: number,
    private readonly abandon: () => void,
  ) {}

  get present(): number {
    return this.count;
  }

  /** Adds a reader; call the returned function once when it disconnects. */
  enter(): () => void {
    this.count += 1;
    this.disarm();
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.count -= 1;
      if (this.count === 0) this.lastLeft();
    };
  }

  /** The generation has ended: it is not cancelled any more. */
  close(): void {
    this.closed = true;
    this.disarm();
  }

  private lastLeft(): void {
    if (this.closed || this.policy === 'continue') return;
    if (this.policy === 'cancel') {
      this.abandon();
      return;
    }
    this.timer = setTimeout(() => this.abandon(), this.graceMs);
    this.timer.unref();
  }

  private disarm(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }
}
