import { api, use } from '../../support/http-edge-client.js';

describe('CORS', () => {
  describe('by default', () => {
    use();

    it.each(['/api/toys', '/api/nope', '/api/toys/errors/bug', '/%ff'])(
      'any origin may read %s',
      async (path) => {
        const { headers } = await api().get(path).set('Origin', 'https://app.example');
        expect(headers['access-control-allow-origin']).toBe('*');
        expect(headers).not.toHaveProperty('access-control-allow-credentials');
        expect(headers['access-control-expose-headers']?.split(',')).toEqual([
          'X-Conversation-Id',
          'X-Generation-Id',
          'X-Request-Id',
          'Idempotency-Replayed',
          'Retry-After',
          'RateLimit',
          'RateLimit-Policy',
          'X-RateLimit-Limit',
          'X-RateLimit-Remaining',
          'X-RateLimit-Reset',
        ]);
      },
    );

    it('a preflight learns what it may send, for ten minutes', async () => {
      const response = await api()
        .options('/api/toys')
        .set('Origin', 'https://app.example')
        .set('Access-Control-Request-Method', 'POST')
        .expect(204);
      expect(response.headers).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'GET,HEAD,POST,PUT,DELETE',
        'access-control-allow-headers':
          'Content-Type,Authorization,X-Api-Key,Idempotency-Key,Last-Event-ID,X-Request-Id,traceparent,Prefer',
        'access-control-max-age': '600',
      });
    });
  });

  describe('with a list', () => {
    use({ api: { corsOrigins: ['https://a.example', 'https://b.example'] } });

    it('names the origin that is on it, and varies by it', async () => {
      const allowed = await api().get('/api/toys').set('Origin', 'https://b.example');
      expect(allowed.headers['access-control-allow-origin']).toBe('https://b.example');
      expect(allowed.headers.vary).toContain('Origin');
      const refused = await api().get('/api/nope').set('Origin', 'https://evil.example');
      expect(refused.headers).not.toHaveProperty('access-control-allow-origin');
      expect(refused.headers.vary).toContain('Origin');
    });
  });
});
