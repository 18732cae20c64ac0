import { isIP } from 'node:net';

/**
 * The `Host` names that a service without keys accepts. With DNS rebinding, a web page can make its
 * own host name resolve to this machine and call the service as its own origin; but it cannot
 * change the `Host` header.
 */
export class HostPolicy {
  private readonly any: boolean;
  private readonly names: ReadonlySet<string>;
  /** `.example.com`, of `*.example.com`. */
  private readonly endings: readonly string[];
  /** Most clients of a service call it by one name. */
  private lastAllowed = 'localhost';

  /** @param allowed - names in lower case, `*.` before one for all its subdomains, `*` for any */
  constructor(allowed: readonly string[]) {
    this.any = allowed.includes('*');
    this.names = new Set(allowed);
    this.endings = allowed.filter((name) => name.startsWith('*.')).map((name) => name.slice(1));
  }

  /** Accepts loopback names, addresses and allowed names, with any port. */
  allows(host: string): boolean {
    if (this.any || host === this.lastAllowed) return true;
    if (!this.knows(hostName(host))) return false;
    this.lastAllowed = host;
    return true;
  }

  private knows(name: string): boolean {
    if (name === 'localhost' || name.endsWith('.localhost') || isIP(name) !== 0) return true;
    return this.names.has(name) || this.endings.some((ending) => name.endsWith(ending));
  }
}

/** The name in a `Host`, without port, brackets and the dot of the root. */
function hostName(host: string): string {
  const bracketed = /^\[(.*)\](:\d*)?$/.exec(host)?.[1];
  return (bracketed ?? host.replace(/:\d*$/, '').replace(/\.$/, '')).toLowerCase();
}
