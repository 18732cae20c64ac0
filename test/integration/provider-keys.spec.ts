import { createLocalJWKSet } from 'jose';
import { ProviderKeys } from '../../src/identity/oidc/provider-keys.js';
import { IdentityProvider, signingKey } from '../support/identity-provider.js';

const SECOND = 1_000;

describe('the keys of an identity provider', () => {
  let provider: IdentityProvider;
  let time = 0;
  let failures = 0;
  beforeEach(async () => {
    time = failures = 0;
    provider = await IdentityProvider.start(await signingKey('one', 'ES256'));
  });
  afterEach(() => provider.stopListening());

  const make = (): ProviderKeys =>
    new ProviderKeys({
      address: () => Promise.resolve(provider.jwksUrl),
      toSet: (document) => createLocalJWKSet(document),
      onFailure: () => (failures += 1),
      now: () => time,
    });

  it('are asked for once in 5 s, however many ask', async () => {
    const keys = make();
    await Promise.all([keys.ask(), keys.ask(), keys.ask()]);
    time = 4.9 * SECOND;
    await keys.ask();
    expect(provider.asked).toBe(1);
    time = 5 * SECOND;
    await keys.ask();
    expect(provider.asked).toBe(2);
  });

  it('are asked for again after 10 minutes, and replaced', async () => {
    const keys = make();
    await keys.refresh();
    const first = keys.current;
    time = 599 * SECOND;
    await keys.refresh();
    expect([provider.asked, keys.current]).toEqual([1, first]);
    provider.keys = [(await signingKey('two', 'ES256')).jwk];
    time = 600 * SECOND;
    await keys.refresh();
    expect(provider.asked).toBe(2);
    await expect(keys.current?.({ alg: 'ES256', kid: 'one' })).rejects.toThrow('no applicable key');
    await expect(keys.current?.({ alg: 'ES256', kid: 'two' })).resolves.toBeDefined();
  });

  it('stay while no others can be had, which is said once', async () => {
    const keys = make();
    await keys.ask();
    const first = keys.current;
    provider.instead = { status: 500, body: '{}' };
    for (const at of [600, 630]) {
      time = at * SECOND;
      await keys.refresh();
      expect([keys.current, keys.isUncertain, failures]).toEqual([first, true, 1]);
    }
    provider.instead = null;
    time = 660 * SECOND;
    await keys.refresh();
    expect([keys.isUncertain, keys.current === first]).toEqual([false, false]);
  });
});
