import type { OnDisconnect } from '../../domain/generation.js';

/**
 * Counts the readers of a running generation and cancels it when the last one disconnects: `cancel`
 * at once, `grace` after some time without readers, `continue` never.
 */
export class ReaderPolicy {
  private count = 0;
  private timer: NodeJS.Timeout | null = null;
  private closed = false;
  /** What ends the connections of those that have one here; null without any. */
  private cuts: Set<() => void> | null = null;
  private abandoning: unknown;

  constructor(
    private readonly policy: OnDisconnect,
    private readonly graceMs: number,
    /** Awaited by `cut` where it gives a promise. */
    private readonly abandon: () => unknown,
  ) {}

  get present(): number {
    return this.count;
  }

  /**
   * Adds a reader; call the returned function once when it disconnects.
   *
   * @param cut ends its connection, if it has one here
   */
  enter(cut?: () => void): () => void {
    this.count += 1;
    this.disarm();
    if (cut) (this.cuts ??= new Set()).add(cut);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      if (cut) this.cuts?.delete(cut);
      this.count -= 1;
      if (this.count === 0) this.lastLeft();
    };
  }

  /** Ends the connections of all readers here. Resolves once an answer without readers is stopped. */
  async cut(): Promise<void> {
    for (const cut of [...(this.cuts ?? [])]) cut();
    await this.abandoning;
  }

  /** The generation has ended: it is not cancelled any more. */
  close(): void {
    this.closed = true;
    this.cuts = null;
    this.disarm();
  }

  private lastLeft(): void {
    if (this.closed || this.policy === 'continue') return;
    if (this.policy === 'cancel') {
      this.abandoning = this.abandon();
      return;
    }
    this.timer = setTimeout(() => void this.abandon(), this.graceMs);
    this.timer.unref();
  }

  private disarm(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }
}
