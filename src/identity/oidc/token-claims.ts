import type { JWTPayload } from 'jose';
import { AppError } from '../../common/errors/app-error.js';
import type { Settings } from '../../config/settings.js';
import { NO_LIMITS, type AccessGrant, type Scope } from '../../domain/access-grant.js';
import { isScope } from '../../domain/api-key.js';

type ClaimSettings = Pick<Settings['oidc'], 'ownerClaim' | 'scopeClaim'>;

const PREFIX = 'oidc:';
const MAX_OWNER = 255;
/** What a store would refuse or a reader could not see. */
const UNSAFE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;
/** The end of the year 9999, in seconds: a later time is no time. */
const LATEST = 253_402_300_799;

/** What a token permits whose signature, issuer and audience are right. Throws `unauthorized`, `scope_missing`. */
export function grantOfClaims(
  claims: JWTPayload,
  { ownerClaim, scopeClaim }: ClaimSettings,
): AccessGrant {
  const owner = `${PREFIX}${ownerIn(claims, ownerClaim)}`;
  const { exp = Infinity } = claims;
  if (!(exp <= LATEST)) throw unusable();
  return {
    name: owner,
    owner,
    scopes: scopeClaim === null ? ['chat'] : scopesIn(claims, scopeClaim),
    models: null,
    limits: NO_LIMITS,
    expiresAt: Math.floor(exp * 1000),
  };
}

function ownerIn(claims: JWTPayload, name: string): string {
  const owner = claim(claims, name);
  if (typeof owner !== 'string' || owner === '' || owner.length > MAX_OWNER) throw unusable();
  if (UNSAFE.test(owner)) throw unusable();
  return owner;
}

/** Words of a text, or a list of words, of which some may be others'. */
function scopesIn(claims: JWTPayload, name: string): Scope[] {
  const value = claim(claims, name);
  const words: unknown[] =
    typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : [];
  const scopes = words.filter((word) => typeof word === 'string').filter(isScope);
  if (scopes.length > 0) return [...new Set(scopes)];
  throw new AppError('scope_missing', 'The token has no scope of this service');
}

function claim(claims: JWTPayload, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

/** Says no more: what is wrong with it is for whoever issued it. */
export function unusable(): AppError {
  return new AppError('unauthorized', 'The token is not valid here', { invalidToken: true });
}
