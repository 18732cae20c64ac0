const MIB = 1024 * 1024;
const GROWTH_BYTES = 64 * MIB;
/** Between two samples; less is ordinary work. */
const STILL_GROWING_BYTES = 16 * MIB;
/** Of one core; a collection stops everything for some hundredths of a second. */
const CALM_LOAD = 0.4;
const LEAST_PAUSE_MS = 30_000;

/** A measurement of the process. */
export interface Sample {
  /** Monotonic. */
  atMs: number;
  /** Resident memory in bytes. */
  memory: number;
  /** CPU time since the last sample, in parts of one core. */
  load: number;
}

/**
 * Decides when to release memory after a burst: it is much more than at the last minimum, it does
 * not grow any more, and the load is low.
 */
export class BurstWatch {
  private lowest = Infinity;
  private last = Infinity;
  private collectedAtMs = -Infinity;

  /** Whether to collect now; then call `collected`. */
  due({ atMs, memory, load }: Sample): boolean {
    this.lowest = Math.min(this.lowest, memory);
    const growing = memory > this.last + STILL_GROWING_BYTES;
    this.last = memory;
    return (
      !growing &&
      load < CALM_LOAD &&
      memory > this.lowest + GROWTH_BYTES &&
      atMs - this.collectedAtMs >= LEAST_PAUSE_MS
    );
  }

  /** The remaining memory is in use; growth is measured from here. */
  collected({ atMs, memory }: Omit<Sample, 'load'>): void {
    this.collectedAtMs = atMs;
    this.lowest = memory;
    this.last = memory;
  }
}
