import { isIP } from 'node:net';

/**
 * Which `Host` a service answers to that needs no key. A page of any web site can point its own name
 * at this machine and then call the service as its own origin; it cannot change what `Host` says.
 */
export class HostPolicy {
  private readonly any: boolean;
  private readonly names: ReadonlySet<string>;
  /** `.example.com`, of `*.example.com`. */
  private readonly endings: readonly string[];
  /** Most clients of a service call it by one name. */
  private lastAllowed = 'localhost';

  /** @param allowed - names in small letters, `*.` before one for all below it, `*` for any */
  constructor(allowed: readonly string[]) {
    this.any = allowed.includes('*');
    this.names = new Set(allowed);
    this.endings = allowed.filter((name) => name.startsWith('*.')).map((name) => name.slice(1));
  }

  /** Loopback names, addresses and what is allowed by name, whatever the port. */
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
