import { fetchObject } from './fetch-json.js';

/**
 * The address of an issuer's keys, as its discovery document names it (OpenID Connect Discovery, 4).
 * Rejects for a document of another issuer, and for an address that is less safe than the issuer's.
 */
export async function discoverKeyAddress(issuer: string): Promise<string> {
  const base = issuer.replace(/\/+$/, '');
  const document = await fetchObject(`${base}/.well-known/openid-configuration`);
  if (document['issuer'] !== issuer)
    throw new Error('The discovery document is that of another issuer');
  const address = document['jwks_uri'];
  const safe = issuer.startsWith('https:') ? /^https:\/\//i : /^https?:\/\//i;
  if (typeof address !== 'string' || !safe.test(address) || !URL.canParse(address))
    throw new Error('The discovery document names no address of keys that can be used');
  return address;
}
