import { createHmac, createPublicKey } from 'node:crypto';
import { UnsecuredJWT, type JWTPayload } from 'jose';
import { answer, FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { IdentityProvider, signingKey, type SigningKey } from '../support/identity-provider.js';
import { startService, type RunningService } from '../support/service.js';
import { apiKey, type SettingsOverrides } from '../support/settings.js';
import { StreamReader, textOf } from '../support/stream-reader.js';

const KEY = 'fixed-key-0123456789abcdef';
const now = (): number => Math.floor(Date.now() / 1000);
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

let ollama: FakeOllama;
let provider: IdentityProvider;
let key: SigningKey;
let service: RunningService;

beforeAll(async () => {
  key = await signingKey('one');
});
beforeEach(async () => {
  ollama = await FakeOllama.start();
  ollama.always(answer('Hello'));
  provider = await IdentityProvider.start(key);
});
afterEach(async () => {
  await service.close();
  await provider.stopListening();
  await ollama.close();
});

async function start(
  oidc: SettingsOverrides['oidc'] = {},
  others: SettingsOverrides = {},
): Promise<void> {
  const { issuer } = provider;
  service = await startService(ollama, {
    ...others,
    oidc: { issuer, audience: ['other', 'chat'], ...oidc },
  });
}
const get = (headers: Record<string, string>, path = '/api/history') =>
  getJson(`${service.url}${path}`, headers);
/** Status and reason of a request with a token of these claims. */
async function outcome(claims: JWTPayload, signer = key): Promise<[number, string | undefined]> {
  const { status, body } = await get(bearer(await provider.token(signer, claims)));
  return [status, body.reason];
}

describe('a token of the identity provider', () => {
  it('opens the conversations of its owner, beside keys', async () => {
    await start({}, { api: { keys: [apiKey('ada', KEY)] } });
    const ada = bearer(await provider.token(key));
    const made = await postJson(`${service.url}/api/chat`, { message: 'Hi' }, ada);
    expect(made.status).toBe(200);
    const path = `/api/history/${made.body.conversation_id}`;
    expect((await get(ada, path)).status).toBe(200);
    const others = [bearer(await provider.token(key, { sub: 'bob' })), { 'X-Api-Key': KEY }];
    for (const headers of others) expect((await get(headers, path)).status).toBe(404);
    expect((await get({})).body.reason).toBe('unauthorized');
    // A key is sent either way, a token is not.
    expect((await get({ 'X-Api-Key': await provider.token(key) })).status).toBe(401);
    const [act] = service.log.of('Audit');
    expect(act?.fields).toMatchObject({ owner: 'oidc:ada', key: 'oidc:ada' });
  });

  it.each(['RS384', 'PS256', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'])(
    'may be signed with %s',
    async (alg) => {
      const other = await signingKey('other', alg);
      provider.keys = [other.jwk];
      await start();
      expect(await outcome({}, other)).toEqual([200, undefined]);
    },
  );

  it('is refused for another issuer or audience, without an end, before its time, without an owner', async () => {
    await start();
    const unauthorized = [401, 'unauthorized'];
    for (const claims of [
      { iss: `${provider.issuer}/` },
      { iss: undefined },
      { aud: 'chat2' },
      { aud: ['a', 'b'] },
      { aud: undefined },
      { exp: undefined },
      { exp: '9999999999' as never },
      { exp: 1e15 },
      { nbf: now() + 120 },
      { nbf: 'soon' as never },
      { sub: undefined },
      { sub: '' },
      { sub: 42 as never },
      { sub: 'a\u0000b' },
      { sub: 'a\ud800' },
      { sub: 'x'.repeat(256) },
    ] as JWTPayload[])
      expect([claims, await outcome(claims)]).toEqual([claims, unauthorized]);
    expect(await outcome({ aud: ['a', 'chat'] })).toEqual([200, undefined]);
    expect(await outcome({ nbf: now() + 30 })).toEqual([200, undefined]);
    expect(await outcome({ exp: now() - 30 })).toEqual([200, undefined]);
    expect(await outcome({ exp: now() - 90 })).toEqual([401, 'key_expired']);
    expect(await outcome({ exp: now() - 90, aud: 'chat2' })).toEqual(unauthorized);
    const { headers } = await get(bearer(await provider.token(key, { exp: now() - 90 })));
    expect(headers.get('WWW-Authenticate')).toBe('Bearer error="invalid_token"');
  });

  it('is refused without a signature, and with one that anybody can make', async () => {
    const claims = { iss: provider.issuer, aud: 'chat', sub: 'ada', exp: now() + 600 };
    const secret = Buffer.from('a shared secret of the key set');
    provider.keys.push({
      kty: 'oct',
      k: secret.toString('base64url'),
      kid: 'shared',
      alg: 'HS256',
    });
    await start();
    const pem = createPublicKey({ key: key.jwk as never, format: 'jwk' })
      .export({ type: 'spki', format: 'pem' })
      .toString();
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const hmac = (header: object, by: string | Buffer) => {
      const signed = `${part(header)}.${part(claims)}`;
      return `${signed}.${createHmac('sha256', by).update(signed).digest('base64url')}`;
    };
    const right = await provider.token(key);
    const [head = '', body = '', signature = ''] = right.split('.');
    const stranger = await signingKey('one');
    for (const token of [
      new UnsecuredJWT(claims).encode(),
      `${part({ alg: 'none' })}.${body}.${signature}`,
      `${part({ alg: 'None', kid: 'one' })}.${body}.`,
      `${head}.${body}.`,
      `${head}.${part({ ...claims, sub: 'bob' })}.${signature}`,
      hmac({ alg: 'HS256', kid: 'one' }, pem),
      hmac({ alg: 'HS256', kid: 'shared' }, secret),
      await provider.token(stranger),
      await provider.token(stranger, {}, { jwk: stranger.jwk }),
      await provider.token(stranger, {}, { jku: 'http://127.0.0.1:1/keys' }),
      await provider.token(key, {}, { alg: 'PS256' }).catch(() => 'a.b.c'),
      `${right}.${signature}.${signature}`,
      'a.b.c',
    ]) {
      const { status, body: told } = await get(bearer(token));
      expect([token, status, told.reason]).toEqual([token, 401, 'unauthorized']);
    }
    expect((await get(bearer(right))).status).toBe(200);
  });

  it('has the scopes of its claim, and the owner of another claim', async () => {
    await start({ scopeClaim: 'scope', ownerClaim: 'tenant' });
    const of = (scope: unknown) => outcome({ tenant: 't1', scope });
    expect(await of('openid read')).toEqual([200, undefined]);
    expect(await of(['read', 7])).toEqual([200, undefined]);
    expect(await of('openid')).toEqual([403, 'scope_missing']);
    expect(await of(undefined)).toEqual([403, 'scope_missing']);
    expect(await of({ read: true })).toEqual([403, 'scope_missing']);
    expect(await outcome({ scope: 'chat' })).toEqual([401, 'unauthorized']);
    const reader = bearer(await provider.token(key, { tenant: 't1', scope: 'read' }));
    const refused = await postJson(`${service.url}/api/chat`, { message: 'Hi' }, reader);
    expect(refused).toMatchObject({ status: 403, body: { reason: 'scope_missing' } });
    expect(refused.headers.get('WWW-Authenticate')).toBe('Bearer error="insufficient_scope"');
    const [act] = service.log.of('Audit');
    expect(act?.fields).toMatchObject({ action: 'auth.refused', result: 'scope_missing' });
  });

  it('that expires ends no stream', async () => {
    await start({ clockSkewMs: 0 });
    const token = await provider.token(key, { exp: now() + 2 });
    const gate = new Gate();
    ollama.next(script().tokens('a').wait(gate).tokens('b').done());
    const url = `${service.url}/api/chat/stream`;
    const reader = await StreamReader.post(url, { message: 'Hi' }, bearer(token));
    await reader.take(1);
    while ((await get(bearer(token))).status === 200);
    expect((await get(bearer(token))).body.reason).toBe('key_expired');
    gate.open();
    expect(textOf(await reader.rest())).toBe('b');
  });
});

describe('the keys of the identity provider', () => {
  it('are asked for again when a token names a new one, once in 5 s', async () => {
    await start();
    expect(await outcome({})).toEqual([200, undefined]);
    expect(provider.asked).toBe(1);
    const stranger = await signingKey('stranger');
    // A moment after they were asked for: not again.
    for (let count = 0; count < 20; count += 1)
      expect(await outcome({}, stranger)).toEqual([401, 'unauthorized']);
    expect(provider.asked).toBe(1);
    provider.keys = [stranger.jwk];
    while ((await outcome({}, stranger))[0] !== 200);
    expect(provider.asked).toBe(2);
    expect(await outcome({}, key)).toEqual([401, 'unauthorized']);
  }, 15_000);

  it('that are at a given address need no discovery', async () => {
    const { jwksUrl } = provider;
    await start({ issuer: 'https://id.example.com', jwksUrl });
    expect(await outcome({ iss: 'https://id.example.com' })).toEqual([200, undefined]);
  });

  it.each([
    ['is away', null],
    ['answers an error', { status: 500, body: '{}' }],
    ['has no keys', { status: 200, body: '{"keys":[]}' }],
    ['has a shared secret alone', { status: 200, body: '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}' }],
    ['has a list of something else', { status: 200, body: '{"keys":["a",1,null]}' }],
    ['sends a page', { status: 200, body: '<html>' }],
    ['sends a list', { status: 200, body: '[]' }],
    ['sends no end', { status: 200, body: `{"keys":[],"x":"${'x'.repeat(2_000_000)}"}` }],
  ])('are not there while the provider %s: 503', async (_, instead) => {
    provider.instead = instead;
    if (!instead) await provider.stopListening();
    await start({}, { api: { keys: [apiKey('ada', KEY)] } });
    const { status, body, headers } = await get(bearer(await provider.token(key)));
    expect([status, body.reason]).toEqual([503, 'identity_unavailable']);
    expect(headers.get('Retry-After')).toBe('5');
    expect((await get({ 'X-Api-Key': KEY })).status).toBe(200);
    expect((await get({})).status).toBe(401);
  });

  it('stay known while the provider is away', async () => {
    await start();
    expect(await outcome({})).toEqual([200, undefined]);
    await provider.stopListening();
    expect(await outcome({ sub: 'bob' })).toEqual([200, undefined]);
  });

  it('without names are tried', async () => {
    const other = await signingKey('two');
    provider.keys = [other.jwk, key.jwk].map(({ kid: _, ...jwk }) => jwk);
    await start();
    const token = await provider.token(key, {}, { kid: undefined });
    expect((await get(bearer(token))).status).toBe(200);
    const stranger = await signingKey('three');
    const wrong = await provider.token(stranger, {}, { kid: undefined });
    expect((await get(bearer(wrong))).body.reason).toBe('unauthorized');
  });
});
