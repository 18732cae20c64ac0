import type request from 'supertest';
import { api, post, use } from '../../support/http-edge-client.js';
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

  it.each([
    [{}],
    [{ authorization: 'Bearer ' }],
    [{ authorization: alice }],
    [{ authorization: `Basic ${alice}` }],
    [{ authorization: `Bearer ${alice.slice(0, -1)}` }],
    [{ authorization: `Bearer ${alice}x` }],
    [{ 'x-api-key': '' }],
    [{ 'x-api-key': `${alice}, ${bob}` }],
    [{ authorization: `Bearer ${alice}`, 'x-api-key': bob }],
  ])('%j is 401', async (headers) => {
    const response = await api().get('/api/toys/whoami').set(headers).expect(401);
    expect(response.headers['www-authenticate']).toBe('Bearer');
    expect(response.body).toMatchObject({ code: 'UNAUTHORIZED', reason: 'unauthorized' });
    expect(response.text).not.toContain('key-0123');
    expect(response.headers).not.toHaveProperty('ratelimit');
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
