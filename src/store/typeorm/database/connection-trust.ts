/** Where every connection is refused, those that only read are not made anew all the time. */
const PAUSE_MS = 10_000;

/**
 * Which connections of a pool may still be used. A server that no longer changes anything may have
 * been replaced by another, to which only new connections lead.
 */
export class ConnectionTrust {
  private edition = 0;
  private readonly editions = new WeakMap<object, number>();
  private withdrawnAt = -Infinity;

  /** To be asked each time that a connection is taken from the pool. */
  ageOf(connection: object): 'new' | 'known' | 'outdated' {
    const edition = this.editions.get(connection);
    if (edition === undefined) {
      this.editions.set(connection, this.edition);
      return 'new';
    }
    return edition === this.edition ? 'known' : 'outdated';
  }

  /** From now on only connections are used that were not there yet. */
  withdraw(): void {
    const now = performance.now();
    if (now - this.withdrawnAt < PAUSE_MS) return;
    this.withdrawnAt = now;
    this.edition += 1;
  }
}
