import type { AccessGrant, GrantLimits, Scope } from './access-grant.js';

/** A key as a store keeps it: everything but the key. Times are milliseconds since 1970. */
export interface ApiKeyRecord {
  /** A UUID. */
  readonly id: string;
  /** SHA-256 of the key, in hex. */
  readonly digest: string;
  /** Unique among live keys, whatever the case of its letters. */
  readonly name: string;
  readonly owner: string;
  readonly scopes: readonly Scope[];
  /** The models that it may use; null for all. */
  readonly models: readonly string[] | null;
  readonly limits: GrantLimits;
  /** The key's first characters, by which a person knows it. */
  readonly hint: string;
  readonly createdAt: number;
  /** Null for never. */
  readonly expiresAt: number | null;
  /** Not exact: written now and then. */
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}

/** What may be changed of a live key; what is left out stays. */
export interface ApiKeyChange {
  readonly owner?: string;
  readonly scopes?: readonly Scope[];
  readonly models?: readonly string[] | null;
  readonly limits?: Partial<GrantLimits>;
  readonly expiresAt?: number | null;
}

export const SCOPES = ['chat', 'read', 'admin'] as const satisfies readonly Scope[];

export function isScope(word: string): word is Scope {
  return (SCOPES as readonly string[]).includes(word);
}

/** Whether it has expired by then. */
export function isExpired({ expiresAt }: Pick<ApiKeyRecord, 'expiresAt'>, now: number): boolean {
  return expiresAt !== null && expiresAt <= now;
}

/** Names of keys that differ in case only are one name. */
export function sameKeyName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** What a live key permits. */
export function grantOf(key: ApiKeyRecord): AccessGrant {
  const { name, owner, scopes, models, limits, expiresAt } = key;
  return { name, owner, scopes, models, limits, expiresAt };
}
