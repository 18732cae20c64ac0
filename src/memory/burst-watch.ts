const MIB = 1024 * 1024;
const GROWTH_BYTES = 64 * MIB;
/** While answers are generated: an ordinary load of streams takes less, so that it is a burst. */
const GROWTH_WHILE_BUSY_BYTES = 128 * MIB;
/** Between two samples; less is ordinary work. */
const STILL_GROWING_BYTES = 16 * MIB;
const LEAST_PAUSE_MS = 30_000;

/** A measurement of the process. */
export interface Sample {
  /** Monotonic. */
  atMs: number;
  /** Resident memory in bytes. */
  memory: number;
  /** Whether there is CPU time left for a collection. */
  calm: boolean;
  /** Whether answers are generated, whose streams it would hold back. */
  busy: boolean;
}

/**
 * Decides when to release memory after a burst: it is much more than at the last minimum, it does
 * not grow any more, and the load is low. While answers are generated, only if it is very much more.
 */
export class BurstWatch {
  private lowest = Infinity;
  private last = Infinity;
  private collectedAtMs = -Infinity;
  /** Whether the last collection left so much that there will be another. */
  private isRepeated = false;

  /** Whether to collect now; then call `collected`. */
  due({ atMs, memory, calm, busy }: Sample): boolean {
    this.lowest = Math.min(this.lowest, memory);
    const growing = memory > this.last + STILL_GROWING_BYTES;
    this.last = memory;
    return (
      !growing &&
      calm &&
      memory > this.lowest + (busy ? GROWTH_WHILE_BUSY_BYTES : GROWTH_BYTES) &&
      atMs - this.collectedAtMs >= LEAST_PAUSE_MS
    );
  }

  /**
   * Where much remains, the burst may have been in use still: it is collected once more. What remains
   * then is in use, and growth is measured from there.
   */
  collected({ atMs, memory }: Pick<Sample, 'atMs' | 'memory'>): void {
    this.collectedAtMs = atMs;
    this.last = memory;
    this.isRepeated = !this.isRepeated && memory > this.lowest + GROWTH_BYTES;
    if (!this.isRepeated) this.lowest = memory;
  }
}
