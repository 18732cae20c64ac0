import { load, problemsOf, settingsOf } from './load.js';

const ISSUER = 'https://id.example.com/realms/chat/';

describe('OIDC_ISSUER', () => {
  it('is kept as it is written, with its audiences', () => {
    const { oidc } = settingsOf({ OIDC_ISSUER: ISSUER, OIDC_AUDIENCE: 'chat, api' });
    expect(oidc).toMatchObject({ issuer: ISSUER, audience: ['chat', 'api'], ownerClaim: 'sub' });
  });

  it.each([
    [{ OIDC_ISSUER: ISSUER }, 'OIDC_AUDIENCE: expected with OIDC_ISSUER'],
    [{ OIDC_AUDIENCE: 'chat' }, 'OIDC_ISSUER: expected with OIDC_AUDIENCE'],
    [{ OIDC_ISSUER: 'id.example.com', OIDC_AUDIENCE: 'chat' }, 'OIDC_ISSUER: expected an http'],
    [{ OIDC_ISSUER: `${ISSUER}?a=1`, OIDC_AUDIENCE: 'chat' }, 'OIDC_ISSUER: expected an http'],
    [{ OIDC_ISSUER: 'https://me:secret@id.example.com', OIDC_AUDIENCE: 'a' }, 'OIDC_ISSUER: '],
    [{ OIDC_ISSUER: 'none', OIDC_AUDIENCE: 'chat' }, 'OIDC_ISSUER: expected an http'],
    [{ API_AUTH: 'no' }, 'API_AUTH: expected one of required'],
  ])('%j stops the start', (env, start) => {
    const [problem] = problemsOf(env);
    expect(problem?.slice(0, start.length)).toBe(start);
    expect(problem).not.toContain('secret');
  });

  it('without TLS beyond this host is warned of', () => {
    const warnings = (issuer: string) => load({ OIDC_ISSUER: issuer, OIDC_AUDIENCE: 'a' }).warnings;
    const warning = [expect.stringMatching(/^OIDC_ISSUER or OIDC_JWKS_URL is an http/)];
    expect(warnings('http://id.example.com')).toEqual(warning);
    expect(warnings('http://127.0.0.1:8080')).toEqual([]);
  });

  it('or API_AUTH=required is no service that is open to all', () => {
    for (const env of [{ OIDC_ISSUER: ISSUER, OIDC_AUDIENCE: 'chat' }, { API_AUTH: 'required' }])
      expect(load(env).warnings).toEqual([]);
  });
});
