import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { AppError } from '../common/errors/app-error.js';
import { keyRevoked } from '../common/errors/key-revoked.js';
import { isKeyText, keyDigest } from '../common/api-key-text.js';
import { apiConfig } from '../config/namespaces.js';
import type { AccessGrant } from '../domain/access-grant.js';
import { isExpired } from '../domain/api-key.js';
import type { CancelSignal } from '../domain/cancellation.js';
import { ConfiguredKeys } from './configured-keys.js';
import { KnownKeys, type KnownKey } from './known-keys.js';
import { isToken, Tokens } from './oidc/tokens.js';
import type { Credential } from './presented-credential.js';

/** What a credential opens. */
export interface Access {
  readonly grant: AccessGrant;
  /** Aborts when the credential is revoked; null for one that cannot be. */
  readonly withdrawn: CancelSignal | null;
}

/** Knows whose a credential is: a configured key, a key of the store, or a token of the identity provider. */
@Injectable()
export class Identity {
  private readonly configured: ConfiguredKeys;
  /** Whatever the store says. */
  private readonly isSetToRequire: boolean;

  constructor(
    @Inject(apiConfig.KEY) { keys, auth }: ConfigType<typeof apiConfig>,
    private readonly known: KnownKeys,
    private readonly tokens: Tokens,
  ) {
    this.configured = new ConfiguredKeys(keys);
    this.isSetToRequire = this.configured.areThere || auth === 'required' || tokens.areAccepted;
  }

  /** Whether requests need a credential; null: not known, since the store could not be read yet. */
  get required(): boolean | null {
    return this.isSetToRequire || this.known.existed;
  }

  /** Resolves once `required` is known. Throws `store_unavailable`. */
  learn(): Promise<void> {
    return this.known.learn();
  }

  /**
   * What a credential opens. Throws, or rejects with, `unauthorized`, `key_expired`, `key_revoked`,
   * `scope_missing`, `store_unavailable` or `identity_unavailable`.
   */
  accessOf({ text, isBearer }: Credential): Access | Promise<Access> {
    const grant = this.configured.grantOf(text);
    if (grant) return { grant, withdrawn: null };
    if (isKeyText(text)) return this.accessOfKey(keyDigest(text));
    const granted = isBearer && isToken(text) ? this.tokens.grantOf(text) : null;
    if (!granted) throw unknownKey();
    return granted.then((grantOfToken) => ({ grant: grantOfToken, withdrawn: null }));
  }

  /** A key that is unknown, or was known too long ago, is looked for in the store. */
  private accessOfKey(digest: string): Access | Promise<Access> {
    const found = this.known.find(digest);
    return found === undefined || found === 'stale' ? this.lookFor(digest) : this.used(found);
  }

  private async lookFor(digest: string): Promise<Access> {
    await this.known.learn();
    const found = this.known.find(digest);
    if (found === undefined) throw unknownKey();
    // The process stood still meanwhile.
    if (found === 'stale') return this.lookFor(digest);
    return this.used(found);
  }

  private used(key: KnownKey): Access {
    const { grant, withdrawn, record } = key;
    if (record.revokedAt !== null) throw keyRevoked();
    if (isExpired(record, Date.now()))
      throw new AppError('key_expired', 'This API key has expired; send another one');
    this.known.use(key);
    return { grant, withdrawn };
  }
}

function unknownKey(): AppError {
  return new AppError('unauthorized', 'Unknown API key', { invalidToken: true });
}
