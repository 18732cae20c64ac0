import { Injectable } from '@nestjs/common';
import { Store } from '../store/store.js';
import { ChangeListeners } from './phases.js';

/** Later than every end: only what runs or waits counts. */
const NEVER = Number.MAX_SAFE_INTEGER;

/** Whether generations run or wait, for work that yields to them. */
@Injectable()
export class GenerationActivity {
  private running = 0;
  private lastEndAt = -Infinity;
  private readonly changes = new ChangeListeners();

  constructor(private readonly store: Store) {}

  /** One of this process is claimed. */
  begin(): void {
    this.running += 1;
    this.changes.notify();
  }

  /** One of this process has ended, and its end is stored. */
  end(): void {
    this.running -= 1;
    this.lastEndAt = performance.now();
    this.changes.notify();
  }

  /** Whether one of this process runs or waits. */
  get isBusyHere(): boolean {
    return this.running > 0;
  }

  /** Calls `listener` when one of this process begins or ends, until the returned function is called. */
  onChange(listener: () => void): () => void {
    return this.changes.add(listener);
  }

  /**
   * Milliseconds until none of this process has run or waited for `quietMs`, if none begins; null while
   * one does.
   */
  quietIn(quietMs: number): number | null {
    if (this.isBusyHere) return null;
    return Math.max(0, this.lastEndAt + quietMs - performance.now());
  }

  /** Whether other processes can run generations with the same store. */
  get isShared(): boolean {
    return this.store.shared;
  }

  /** Whether one of any worker runs or waits, or has ended within `quietMs`. One look into the store. */
  async isBusyAnywhere(quietMs?: number): Promise<boolean> {
    if (!this.isShared) return this.isBusyHere;
    const time = quietMs === undefined ? NEVER : Date.now() - quietMs;
    return this.store.coordination.isBusySince(time);
  }
}
