import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  exportJWK,
  generateKeyPair,
  SignJWT,
  type CryptoKey,
  type JWK,
  type JWTPayload,
} from 'jose';

/** A pair of keys of the provider, with its name. */
export interface SigningKey {
  kid: string;
  alg: string;
  privateKey: CryptoKey;
  jwk: JWK;
}

export async function signingKey(kid: string, alg = 'RS256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  return { kid, alg, privateKey, jwk };
}

/** An OpenID Connect provider on loopback: its discovery document, and the keys that it is given. */
export class IdentityProvider {
  /** What its key set has. */
  keys: JWK[] = [];
  /** Sent instead of the key set. */
  instead: { status: number; body: string } | null = null;
  /** How often its keys were asked for. */
  asked = 0;
  private server: Server | null = null;
  private port = 0;

  static async start(...keys: SigningKey[]): Promise<IdentityProvider> {
    const provider = new IdentityProvider();
    provider.keys = keys.map(({ jwk }) => jwk);
    await provider.listenAgain();
    return provider;
  }

  get issuer(): string {
    return `http://127.0.0.1:${this.port}/realm`;
  }

  get jwksUrl(): string {
    return `${this.issuer}/keys`;
  }

  /** A token that is right, but for what is given. */
  token(key: SigningKey, claims: JWTPayload = {}, header: object = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const payload = { iss: this.issuer, aud: 'chat', sub: 'ada', exp: now + 600, ...claims };
    return new SignJWT(payload)
      .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
      .sign(key.privateKey);
  }

  async stopListening(): Promise<void> {
    const { server } = this;
    this.server = null;
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  async listenAgain(): Promise<void> {
    const server = createServer((request, response) => {
      const { status, body } = this.answer(request.url ?? '');
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  private answer(path: string): { status: number; body: string } {
    if (path === '/realm/.well-known/openid-configuration') {
      const { issuer, jwksUrl } = this;
      return { status: 200, body: JSON.stringify({ issuer, jwks_uri: jwksUrl }) };
    }
    if (path !== '/realm/keys') return { status: 404, body: '{}' };
    this.asked += 1;
    return this.instead ?? { status: 200, body: JSON.stringify({ keys: this.keys }) };
  }
}
