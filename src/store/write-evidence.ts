/** Workers write a heartbeat every three seconds: where that gets through, nothing else need be tried. */
const FRESH_MS = 4000;

/** What the last writes say of whether the next one gets through. */
export class WriteEvidence {
  private provenAt = -Infinity;

  succeeded(): void {
    this.provenAt = performance.now();
  }

  failed(): void {
    this.provenAt = -Infinity;
  }

  /** Whether a write got through a moment ago, and none has failed since. */
  get isFresh(): boolean {
    return performance.now() - this.provenAt < FRESH_MS;
  }
}
