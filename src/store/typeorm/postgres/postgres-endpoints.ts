import { isTlsRefusal } from './postgres-errors.js';
import type { Endpoint } from './postgres-url.js';

/** The endpoints of a database; one is used until it fails. */
export class PostgresEndpoints {
  private taken = 0;

  /** @param endpoints host by host, at least one */
  constructor(private readonly endpoints: readonly Endpoint[]) {}

  get count(): number {
    return this.endpoints.length;
  }

  get current(): Endpoint {
    const endpoint = this.endpoints[this.taken];
    if (!endpoint) throw new Error('There is no endpoint of the database');
    return endpoint;
  }

  /** Whether the database may be on several hosts. */
  get hasHosts(): boolean {
    return this.endpoints.some(({ host }) => host !== this.current.host);
  }

  /**
   * Selects another endpoint, unless the given one is not current any more: the same host without
   * TLS (or with it) if that was refused, else the next host. Returns whether there is one.
   */
  leave(endpoint: Endpoint, error: unknown): boolean {
    if (endpoint !== this.current) return true;
    const next = isTlsRefusal(error) ? this.taken + 1 : this.nextHost();
    if (next === null) return false;
    this.taken = next % this.endpoints.length;
    return this.endpoints.length > 1;
  }

  private nextHost(): number | null {
    const { host } = this.current;
    const later = this.endpoints.findIndex(
      (endpoint, index) => index > this.taken && endpoint.host !== host,
    );
    if (later >= 0) return later;
    return this.hasHosts ? 0 : null;
  }
}
