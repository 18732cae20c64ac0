import type request from 'supertest';
import { api, post, use } from '../../support/http-edge-client.js';

describe('rate limits', () => {
  use({ api: { trustProxy: 1 }, rateLimit: { enabled: true, requests: 3, readRequests: 2 } });

  const from = (test: request.Test, client: string): request.Test =>
    test.set('X-Forwarded-For', client);
  const generate = (route: string, client: string): request.Test =>
    from(api().post(`/api/generate/${route}`), client).send({ message: 'a' });

  it('one budget for all routes that start a generation, another for the rest', async () => {
    const client = '203.0.113.1';
    const first = await generate('plain', client).expect(201);
    expect(first.headers).toMatchObject({
      'ratelimit-policy': '"generation";q=3;w=60',
      ratelimit: '"generation";r=2;t=60',
      'x-ratelimit-limit': '3',
      'x-ratelimit-remaining': '2',
      'x-ratelimit-reset': '60',
    });
    await generate('stream', client).expect(201);
    await generate('plain', client).expect(201);
    const refused = await generate('stream', client).expect(429);
    expect(refused.body).toMatchObject({ code: 'RATE_LIMIT', reason: 'requests_limit' });
    expect(refused.headers['retry-after']).toMatch(/^(60|5\d)$/);
    expect(refused.headers).toMatchObject({
      'ratelimit-policy': '"generation";q=3;w=60',
      ratelimit: expect.stringMatching(/^"generation";r=0;t=\d+$/),
      'x-ratelimit-remaining': '0',
    });

    const read = await from(api().get('/api/toys'), client).expect(200);
    expect(read.headers['ratelimit-policy']).toBe('"requests";q=2;w=60');
    await from(api().get('/api/toys/whoami'), client).expect(200);
    await from(api().get('/api/toys'), client).expect(429);
    await generate('plain', '203.0.113.2').expect(201);
  });

  it('health, cancel and preflights are not limited', async () => {
    for (let count = 0; count < 5; count += 1) {
      const health = await from(api().get('/api/health'), '203.0.113.3').expect(200);
      expect(health.headers).not.toHaveProperty('ratelimit');
      await generate('cancel', '203.0.113.3').expect(201);
      await from(api().options('/api/generate/plain'), '203.0.113.3').expect(204);
    }
    await generate('plain', '203.0.113.3').expect(201);
  });

  it('what is refused counts too, a body that cannot be read among it', async () => {
    const client = '203.0.113.4';
    await generate('plain', client).send({ wrong: true }).expect(400);
    await from(post('/api/generate/plain', '{broken'), client).expect(400);
    const third = await from(post('/api/generate/plain', 'a=1', 'text/plain'), client).expect(400);
    expect(third.headers['x-ratelimit-remaining']).toBe('0');
    await generate('plain', client).expect(429);
  });
});

describe('rate limits that are off', () => {
  use({ rateLimit: { enabled: false, requests: 1, readRequests: 1 } });

  it('refuse nobody and say nothing', async () => {
    for (let count = 0; count < 3; count += 1) {
      const response = await api().get('/api/toys').expect(200);
      expect(response.headers).not.toHaveProperty('ratelimit');
    }
  });
});
