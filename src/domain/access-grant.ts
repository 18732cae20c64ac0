/** What a key opens: all of an owner's routes, its reading routes only, or the usage of all owners. */
export type Scope = 'chat' | 'read' | 'admin';

/** A key's own limits; null where the configured ones hold. Requests a minute, streams at once, tokens. */
export interface GrantLimits {
  readonly requests: number | null;
  readonly streams: number | null;
  readonly tokensDay: number | null;
  readonly tokensMonth: number | null;
}

/** What the credential of a request permits: an API key's, or a token's of an identity provider. */
export interface AccessGrant {
  /** The key's name; usage is counted by it. */
  readonly name: string;
  /** Whose conversations it opens; several keys may have one owner. */
  readonly owner: string;
  readonly scopes: readonly Scope[];
  /** The models that it may use; null for all. */
  readonly models: readonly string[] | null;
  readonly limits: GrantLimits;
  /** In milliseconds since 1970; null for never. */
  readonly expiresAt: number | null;
}

/** Nothing beside the configured limits. */
export const NO_LIMITS: GrantLimits = {
  requests: null,
  streams: null,
  tokensDay: null,
  tokensMonth: null,
};
