import { api, use } from '../../support/http-edge-client.js';

const ALLOWED =
  'Content-Type,Authorization,X-Api-Key,Idempotency-Key,Last-Event-ID,X-Request-Id,' +
  'traceparent,tracestate,baggage,sentry-trace,X-Requested-With,Cache-Control,Prefer,' +
  'X-Generation-Id,If-Match,If-None-Match';

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
          'Location',
          'Preference-Applied',
          'Retry-After',
          'RateLimit',
          'RateLimit-Policy',
          'X-RateLimit-Limit',
          'X-RateLimit-Remaining',
          'X-RateLimit-Reset',
          'X-RateLimit-Limit-Tokens',
          'X-RateLimit-Remaining-Tokens',
          'WWW-Authenticate',
          'X-Should-Retry',
          'ETag',
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
        'access-control-allow-headers': ALLOWED,
        'access-control-max-age': '600',
        'content-length': '0',
      });
    });

    it('the families of headers that clients of OpenAI send are allowed as asked for', async () => {
      const asked = 'content-type, x-stainless-os, X-Stainless-Retry-Count,openai-beta, x-tenant';
      const response = await api()
        .options('/api/toys')
        .set('Origin', 'https://app.example')
        .set('Access-Control-Request-Method', 'POST')
        .set('Access-Control-Request-Headers', asked)
        .expect(204);
      expect(response.headers['access-control-allow-headers']).toBe(
        `${ALLOWED},x-stainless-os,X-Stainless-Retry-Count,openai-beta`,
      );
      expect(response.headers.vary).toContain('Access-Control-Request-Headers');
    });
  });

  describe('with further headers', () => {
    use({ api: { corsHeaders: ['X-Tenant'] } });

    it('allows them too', async () => {
      const response = await api().options('/api/toys').set('Origin', 'https://app.example');
      expect(response.headers['access-control-allow-headers']).toBe(`${ALLOWED},X-Tenant`);
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
