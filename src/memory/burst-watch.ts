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
 * Decides when to release memory: what the start has left, as soon as nothing is done; and what a burst
 * has left, when it is much more than at the last minimum, does not grow any more, and the load is low.
 * While answers are generated, only if it is very much more.
 */
export class BurstWatch {
  private last = Infinity;
  /** Null: what the start has left is in memory still. */
  private collectedAtMs: number | null = null;
  /** Whether the last collection left so much that there will be another. */
  private isRepeated = false;

  /** @param lowest resident memory at the start, in bytes */
  constructor(private lowest: number) {}

  /** Whether to collect now; then call `collected`. */
  due({ atMs, memory, calm, busy }: Sample): boolean {
    this.lowest = Math.min(this.lowest, memory);
    const growing = memory > this.last + STILL_GROWING_BYTES;
    this.last = memory;
    if (growing || !calm) return false;
    if (this.collectedAtMs === null && !busy) return true;
    const paused = atMs - (this.collectedAtMs ?? -Infinity) >= LEAST_PAUSE_MS;
    return paused && memory > this.lowest + (busy ? GROWTH_WHILE_BUSY_BYTES : GROWTH_BYTES);
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
