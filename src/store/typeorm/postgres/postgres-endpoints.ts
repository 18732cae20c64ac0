import { isTlsRefusal } from './postgres-errors.js';
import type { Way } from './postgres-url.js';

/** The ways to a database, of which one is taken until it fails. */
export class PostgresWays {
  private taken = 0;

  /** @param ways host by host, at least one */
  constructor(private readonly ways: readonly Way[]) {}

  get count(): number {
    return this.ways.length;
  }

  get current(): Way {
    const way = this.ways[this.taken];
    if (!way) throw new Error('There is no way to the database');
    return way;
  }

  /** Whether the database may be on several hosts. */
  get hasHosts(): boolean {
    return this.ways.some(({ host }) => host !== this.current.host);
  }

  /**
   * From now on another one is taken, unless somebody else has left this one already: by the same
   * host without TLS (or with it) where that was refused, else by the next host. Whether there is one.
   */
  leave(way: Way, error: unknown): boolean {
    if (way !== this.current) return true;
    const next = isTlsRefusal(error) ? this.taken + 1 : this.nextHost();
    if (next === null) return false;
    this.taken = next % this.ways.length;
    return this.ways.length > 1;
  }

  private nextHost(): number | null {
    const { host } = this.current;
    const later = this.ways.findIndex((way, index) => index > this.taken && way.host !== host);
    if (later >= 0) return later;
    return this.hasHosts ? 0 : null;
  }
}
