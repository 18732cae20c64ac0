import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { oidcConfig } from '../../config/namespaces.js';
import type { AccessGrant } from '../../domain/access-grant.js';
import { AppLogger } from '../../observability/app-logger.js';
import { TokenVerifier } from './token-verifier.js';

/** Tokens of the identity provider, where one is set. */
@Injectable()
export class Tokens implements OnModuleInit, OnApplicationShutdown {
  private verifier: TokenVerifier | null = null;

  constructor(
    @Inject(oidcConfig.KEY) private readonly settings: ConfigType<typeof oidcConfig>,
    private readonly logger: AppLogger,
  ) {}

  get areAccepted(): boolean {
    return this.settings.issuer !== null;
  }

  async onModuleInit(): Promise<void> {
    const { issuer, ...settings } = this.settings;
    if (issuer === null) return;
    this.verifier = new TokenVerifier(await import('jose'), { issuer, ...settings }, this.logger);
    this.verifier.begin();
  }

  onApplicationShutdown(): void {
    this.verifier?.end();
  }

  /** Rejects with `unauthorized`, `key_expired`, `scope_missing`, `identity_unavailable`; null: there is no provider. */
  grantOf(token: string): Promise<AccessGrant> | null {
    return this.verifier?.grantOf(token) ?? null;
  }
}

/** Whether a text has the form of a signed token. */
export function isToken(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text);
}
