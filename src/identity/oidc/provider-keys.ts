import type { JSONWebKeySet, LocalJWKSet } from './jose-types.js';
import { fetchObject, isObject } from './fetch-json.js';

/** How long what was asked for is not asked for again, whatever kid a token names. */
const COOLDOWN_MS = 5_000;
const REFRESH_MS = 600_000;
/** More keys than any provider has: each may be tried for a token without a kid. */
const MOST_KEYS = 100;

export interface ProviderKeysOptions {
  /** Where the keys are; asked anew each time, since a provider may move them. */
  address: () => Promise<string>;
  /** Jose's set of keys of a document. */
  toSet: (document: JSONWebKeySet) => LocalJWKSet;
  /** Told when keys cannot be had, once until they can. */
  onFailure: (error: unknown) => void;
  now?: () => number;
}

/**
 * The public keys of an identity provider. Those that were had last stay until others are had: a provider
 * that is away takes nobody's access.
 */
export class ProviderKeys {
  private keys: LocalJWKSet | null = null;
  private askedAt = -Infinity;
  private hadAt = -Infinity;
  private failed = false;
  private asking: Promise<void> | null = null;
  private readonly now: () => number;

  constructor(private readonly options: ProviderKeysOptions) {
    this.now = options.now ?? (() => performance.now());
  }

  get current(): LocalJWKSet | null {
    return this.keys;
  }

  /** Whether the last try to get keys failed: then nobody knows whether an unknown kid is one. */
  get isUncertain(): boolean {
    return this.failed;
  }

  /** Asks for the keys, unless that was done a moment ago; resolves once the answer is known. */
  ask(): Promise<void> {
    if (this.asking) return this.asking;
    if (this.now() - this.askedAt < COOLDOWN_MS) return Promise.resolve();
    this.askedAt = this.now();
    this.asking = this.replace().finally(() => (this.asking = null));
    return this.asking;
  }

  /** Asks for keys that are old, as a provider takes back those that it does not trust any more. */
  async refresh(): Promise<void> {
    if (this.now() - this.hadAt >= REFRESH_MS) await this.ask();
  }

  private async replace(): Promise<void> {
    try {
      const document = await fetchObject(await this.options.address());
      this.keys = this.options.toSet(keySetOf(document));
      this.hadAt = this.now();
      this.failed = false;
    } catch (error) {
      if (!this.failed) this.options.onFailure(error);
      this.failed = true;
    }
  }
}

/** Only public keys of asymmetric algorithms: a shared secret in the set must never check a signature. */
function keySetOf(document: Readonly<Record<string, unknown>>): JSONWebKeySet {
  const { keys } = document;
  if (!Array.isArray(keys)) throw new Error('The key set has no list of keys');
  const known = keys
    .filter(isObject)
    .flatMap(({ kty, ...key }) =>
      typeof kty === 'string' && kty !== 'oct' ? [{ kty, ...key }] : [],
    );
  if (known.length === 0 || known.length > MOST_KEYS)
    throw new Error('The key set has no keys, or too many');
  return { keys: known };
}
