import { createHash, timingSafeEqual } from 'node:crypto';
import type { ApiKey } from '../config/settings.js';
import { NO_LIMITS, type AccessGrant } from '../domain/access-grant.js';

/** The keys of `API_KEYS`. One has no limits of its own, and its name is its owner. */
export class ConfiguredKeys {
  private readonly keys: readonly { digest: Buffer; grant: AccessGrant }[];

  constructor(keys: readonly ApiKey[]) {
    this.keys = keys.map(({ owner, digest }) => ({ digest, grant: configuredGrant(owner) }));
  }

  get areThere(): boolean {
    return this.keys.length > 0;
  }

  /** Undefined for an unknown key. Compares with every key in constant time. */
  grantOf(key: string): AccessGrant | undefined {
    const digest = createHash('sha256').update(key).digest();
    let found: AccessGrant | undefined;
    for (const candidate of this.keys) {
      if (timingSafeEqual(candidate.digest, digest)) found = candidate.grant;
    }
    return found;
  }
}

function configuredGrant(name: string): AccessGrant {
  return {
    name,
    owner: name,
    scopes: ['chat'],
    models: null,
    limits: NO_LIMITS,
    expiresAt: null,
  };
}
