import type request from 'supertest';
import { api, post, raw, use } from '../../support/http-edge-client.js';
import { apiKey } from '../../support/settings.js';

describe('API keys', () => {
  const alice = 'alice-key-0123456789abcdef';
  const bob = 'bob-key-0123456789abcdefgh';
  use({
    api: { keys: [apiKey('alice', alice), apiKey('bob', bob)] },
    rateLimit: { enabled: true, requests: 1 },
  });

  it.each([
    [{ authorization: `Bearer ${alice}` }, 'alice'],
    [{ authorization: `bearer ${bob}` }, 'bob'],
    [{ 'x-api-key': bob }, 'bob'],
    [{ authorization: `Bearer ${bob}`, 'x-api-key': bob }, 'bob'],
    [{ authorization: 'Basic cHJveHk6cHJveHk=', 'x-api-key': bob }, 'bob'],
  ])('%j is %s', async (headers, owner) => {
    const response = await api().get('/api/toys/whoami').set(headers).expect(200);
    expect(response.body).toMatchObject({ ownerId: owner, clientId: `key:${owner}` });
  });

  const NONE_SENT = 'Bearer';
  const WRONG_SENT = 'Bearer error="invalid_token"';

  it.each([
    [{}, NONE_SENT],
    [{ authorization: 'Bearer ' }, NONE_SENT],
    [{ authorization: alice }, NONE_SENT],
    [{ authorization: `Basic ${alice}` }, NONE_SENT],
    [{ authorization: `Bearer ${alice.slice(0, -1)}` }, WRONG_SENT],
    [{ authorization: `Bearer ${alice}x` }, WRONG_SENT],
    [{ 'x-api-key': '' }, NONE_SENT],
    [{ 'x-api-key': `${alice}, ${bob}` }, WRONG_SENT],
    [{ authorization: `Bearer ${alice}`, 'x-api-key': bob }, WRONG_SENT],
  ])('%j is 401', async (headers, challenge) => {
    const response = await api().get('/api/toys/whoami').set(headers).expect(401);
    expect(response.headers['www-authenticate']).toBe(challenge);
    expect(response.body).toMatchObject({ code: 'UNAUTHORIZED', reason: 'unauthorized' });
    expect(response.text).not.toContain('key-0123');
    expect(response.headers).not.toHaveProperty('ratelimit');
  });

  it.each([
    [`Authorization: Bearer ${alice}\r\nAuthorization: Bearer ${bob}`, 401],
    [`Authorization: Bearer ${alice}\r\nAuthorization: Bearer nonsense`, 401],
    [`X-Api-Key: ${alice}\r\nX-Api-Key: ${bob}`, 401],
    [`Authorization: Basic abc\r\nAuthorization: Bearer ${alice}`, 200],
    [`Authorization: Bearer ${alice}\r\nauthorization: bearer ${alice}`, 200],
    [`X-Api-Key: ${alice}\r\nAuthorization: Bearer ${alice}`, 200],
  ])('of several headers, each counts: %s', async (headers, status) => {
    const response = await raw(
      `GET /api/toys/whoami HTTP/1.1\r\nHost: any.example\r\n${headers}\r\nConnection: close\r\n\r\n`,
    );
    expect(response).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    if (status === 401) expect(response).toContain('Send one API key');
  });

  it('health and preflights need none', async () => {
    await api().get('/api/health').expect(200);
    await api().options('/api/toys').expect(204);
  });

  it('is asked for before the body is looked at', async () => {
    await post('/api/toys', '{broken').expect(401);
  });

  it('a client is its key, not its address', async () => {
    const start = (key: string): request.Test =>
      api().post('/api/generate/plain').set('X-Api-Key', key).send({ message: 'a' });
    await start(alice).expect(201);
    await start(alice).expect(429);
    await start(bob).expect(201);
  });
});

describe('wrong API keys', () => {
  const key = 'alice-key-0123456789abcdef';
  use({
    api: { keys: [apiKey('alice', key)], trustProxy: 1 },
    rateLimit: { enabled: true, requests: 1, readRequests: 3 },
  });

  const ask = (sent: string, client: string, path = '/api/toys/whoami'): request.Test =>
    api().get(path).set('X-Api-Key', sent).set('X-Forwarded-For', client);

  it('are reads of their address; beyond that they are 429, and right ones are answered', async () => {
    for (const path of ['/api/toys', '/api/toys/whoami', '/api/toys']) {
      await ask('wrong', '203.0.113.1', path).expect(401);
    }
    const refused = await ask('wrong again', '203.0.113.1').expect(429);
    expect(refused.body).toMatchObject({ code: 'RATE_LIMIT', reason: 'requests_limit' });
    expect(refused.headers).toMatchObject({
      'retry-after': expect.stringMatching(/^(60|5\d)$/),
      'ratelimit-policy': '"requests";q=3;w=60',
      'x-ratelimit-remaining': '0',
    });
    const two = api().get('/api/toys').set('Authorization', `Bearer ${key}`);
    await two.set('X-Api-Key', 'wrong').set('X-Forwarded-For', '203.0.113.1').expect(429);
    await ask(key, '203.0.113.1').expect(200);
    await ask('wrong', '203.0.113.2').expect(401);
  });

  it('on a route without a limit count too, and a missing key is no guess', async () => {
    const cancel = (client: string): request.Test =>
      api().post('/api/generate/cancel').set('X-Forwarded-For', client);
    for (let count = 0; count < 5; count += 1) await cancel('203.0.113.3').expect(401);
    for (let count = 0; count < 3; count += 1) {
      await cancel('203.0.113.3').set('X-Api-Key', 'wrong').expect(401);
    }
    await cancel('203.0.113.3').set('X-Api-Key', 'wrong').expect(429);
    await cancel('203.0.113.3').expect(401);
  });
});
