const MIB = 1024 * 1024;
const GROWTH_BYTES = 64 * MIB;
/** Between two samples; less is ordinary work. */
const STILL_GROWING_BYTES = 16 * MIB;
const LEAST_PAUSE_MS = 30_000;

/** A measurement of the process. */
export interface Sample {
  /** Monotonic. */
  atMs: number;
  /** Resident memory in bytes. */
  memory: number;
  /** Whether no work is there that a collection would hold back. */
  calm: boolean;
}

/**
 * Decides when to release memory after a burst: it is much more than at the last minimum, it does
 * not grow any more, and nothing waits for the process.
 */
export class BurstWatch {
  private lowest = Infinity;
  private last = Infinity;
  private collectedAtMs = -Infinity;

  /** Whether to collect now; then call `collected`. */
  due({ atMs, memory, calm }: Sample): boolean {
    this.lowest = Math.min(this.lowest, memory);
    const growing = memory > this.last + STILL_GROWING_BYTES;
    this.last = memory;
    return (
      !growing &&
      calm &&
      memory > this.lowest + GROWTH_BYTES &&
      atMs - this.collectedAtMs >= LEAST_PAUSE_MS
    );
  }

  /** The remaining memory is in use; growth is measured from here. */
  collected({ atMs, memory }: Omit<Sample, 'calm'>): void {
    this.collectedAtMs = atMs;
    this.lowest = memory;
    this.last = memory;
  }
}
