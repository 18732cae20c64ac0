/** The counters by which workers show that they live. */
export class WorkerBeats {
  private readonly beats = new Map<string, number>();

  raise(workerId: string): void {
    this.beats.set(workerId, (this.beats.get(workerId) ?? 0) + 1);
  }

  /** All counters, with 0 for those who run something without one. */
  withOwnersOf(running: readonly { workerId: string }[]): Map<string, number> {
    const silent = running.map(({ workerId }): [string, number] => [workerId, 0]);
    return new Map([...silent, ...this.beats]);
  }

  /** Removes a counter unless it moved from `lastBeat`; false if it did. */
  removeAt(workerId: string, lastBeat: number): boolean {
    if ((this.beats.get(workerId) ?? 0) !== lastBeat) return false;
    this.beats.delete(workerId);
    return true;
  }
}
