import type * as jose from 'jose';
import type { createLocalJWKSet, JSONWebKeySet } from 'jose';

export type { JSONWebKeySet };

/** Finds the key of a token's header. */
export type LocalJWKSet = ReturnType<typeof createLocalJWKSet>;

/** The library, which is loaded only where `OIDC_ISSUER` is set. */
export type Jose = typeof jose;
