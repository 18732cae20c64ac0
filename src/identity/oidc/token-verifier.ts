import { AppError } from '../../common/errors/app-error.js';
import { repeat } from '../../common/repeat.js';
import type { Settings } from '../../config/settings.js';
import type { AccessGrant } from '../../domain/access-grant.js';
import type { AppLogger } from '../../observability/app-logger.js';
import type { Jose, LocalJWKSet } from './jose-types.js';
import { discoverKeyAddress } from './key-address.js';
import { ProviderKeys } from './provider-keys.js';
import { grantOfClaims, unusable } from './token-claims.js';

/** Never `none`, and never a shared secret. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA'],
];
/** How often it is looked whether the keys are old. */
const LOOK_MS = 30_000;
/** Of a token without a kid, so many keys are tried. */
const MOST_TRIES = 16;

type OidcSettings = Settings['oidc'] & { readonly issuer: string };

/**
 * Verifies tokens of one identity provider. Each is verified anew, so that there is nothing to forget when
 * keys change or a token expires.
 */
export class TokenVerifier {
  private readonly keys: ProviderKeys;
  private stopRefreshing = (): void => undefined;

  constructor(
    private readonly jose: Jose,
    private readonly settings: OidcSettings,
    logger: AppLogger,
  ) {
    const { issuer, jwksUrl } = settings;
    this.keys = new ProviderKeys({
      address: () => (jwksUrl === null ? discoverKeyAddress(issuer) : Promise.resolve(jwksUrl)),
      toSet: (document) => jose.createLocalJWKSet(document),
      onFailure: (error) =>
        logger.warn('The keys of the identity provider cannot be had; trying again', { error }),
    });
  }

  /** Asks for the keys before the first token comes, and when they are old. */
  begin(): void {
    this.stopRefreshing = repeat(
      () => this.keys.refresh(),
      LOOK_MS,
      () => undefined,
    );
  }

  end(): void {
    this.stopRefreshing();
  }

  /** Throws `unauthorized`, `key_expired`, `scope_missing`, `identity_unavailable`. */
  async grantOf(token: string): Promise<AccessGrant> {
    if (!this.keys.current) await this.keys.ask();
    const set = this.keys.current;
    if (!set) throw identityUnavailable();
    try {
      return await this.verify(token, set);
    } catch (error) {
      if (!(error instanceof this.jose.errors.JWKSNoMatchingKey)) throw this.refusal(error);
    }
    return this.verifyWithNewKeys(token);
  }

  /** No key matches: the provider may have made a new one. */
  private async verifyWithNewKeys(token: string): Promise<AccessGrant> {
    await this.keys.ask();
    try {
      const set = this.keys.current;
      if (set) return await this.verify(token, set);
    } catch (error) {
      if (!(error instanceof this.jose.errors.JWKSNoMatchingKey)) throw this.refusal(error);
    }
    throw this.keys.isUncertain ? identityUnavailable() : unusable();
  }

  private async verify(token: string, set: LocalJWKSet): Promise<AccessGrant> {
    const { issuer, audience, clockSkewMs } = this.settings;
    const options = {
      algorithms: ALGORITHMS,
      issuer,
      audience: [...audience],
      requiredClaims: ['exp'],
      clockTolerance: clockSkewMs / 1000,
    };
    const { jwtVerify, errors } = this.jose;
    try {
      return grantOfClaims((await jwtVerify(token, set, options)).payload, this.settings);
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      let tries = 0;
      for await (const key of error) {
        if ((tries += 1) > MOST_TRIES) break;
        try {
          return grantOfClaims((await jwtVerify(token, key, options)).payload, this.settings);
        } catch (wrong) {
          if (!(wrong instanceof errors.JWSSignatureVerificationFailed)) throw wrong;
        }
      }
      throw unusable();
    }
  }

  private refusal(error: unknown): unknown {
    if (error instanceof AppError) return error;
    const { JWTExpired } = this.jose.errors;
    // Its signature, issuer and audience were right.
    if (error instanceof JWTExpired && error.claim === 'exp' && error.reason === 'check_failed')
      return new AppError('key_expired', 'The token has expired; get another one');
    return unusable();
  }
}

function identityUnavailable(): AppError {
  return new AppError(
    'identity_unavailable',
    'The identity provider cannot be reached; try again shortly',
  );
}
