import { api, edge, use } from '../../support/http-edge-client.js';

describe('the context of a request', () => {
  use();

  it.each([
    ['mine-1.2:3_4', true],
    ['a'.repeat(128), true],
    ['a'.repeat(129), false],
    ['has space', false],
    ['<script>', false],
  ])('X-Request-Id %s is taken: %s', async (id, taken) => {
    const response = await api().get('/api/toys/whoami').set('X-Request-Id', id).expect(200);
    expect(response.headers['x-request-id'] === id).toBe(taken);
    expect(response.body.requestId).toBe(response.headers['x-request-id']);
  });

  it.each([
    ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', '0af7651916cd43dd8448eb211c80319c'],
    ['00-00000000000000000000000000000000-b7ad6b7169203331-01', null],
    ['ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', null],
    ['nonsense', null],
  ])('traceparent %s', async (traceparent, traceId) => {
    const response = await api().get('/api/toys/whoami').set('traceparent', traceparent);
    expect(response.body.traceId).toBe(traceId);
  });

  it('without keys all are one owner, and a forged address changes nothing', async () => {
    const response = await api().get('/api/toys/whoami').set('X-Forwarded-For', '203.0.113.9');
    expect(response.body).toMatchObject({ ownerId: 'default', clientId: 'ip:127.0.0.1' });
  });

  it('warns once that a private peer forwards while TRUST_PROXY is not set', async () => {
    await api().get('/api/toys/whoami').set('X-Forwarded-For', '203.0.113.9');
    await api().get('/api/toys/whoami').set('X-Forwarded-For', '203.0.113.10');
    const warnings = edge.logger.records.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('TRUST_PROXY is not set'),
    ]);
  });

  it('logs one line a request, without its query, and health at debug', async () => {
    await api().get('/api/toys?limit=5&before=private').set('X-Request-Id', 'logged').expect(200);
    await api().delete('/api/toys/a_b').set('X-Request-Id', 'refused').expect(404);
    await api().get('/api/health').set('X-Request-Id', 'healthy').expect(200);
    const lines = edge.logger.of('Request served');
    const line = (id: string): unknown => lines.find(({ fields }) => fields.request_id === id);
    expect(line('logged')).toEqual({
      level: 'info',
      message: 'Request served',
      fields: {
        method: 'GET',
        path: '/api/toys',
        route: '/api/toys',
        status: 200,
        duration_ms: expect.any(Number),
        bytes: expect.any(Number),
        request_id: 'logged',
        client: 'ip:127.0.0.1',
        owner: 'default',
      },
    });
    expect(line('refused')).toMatchObject({
      fields: { route: '/api/toys/:id', status: 404, reason: 'conversation_not_found' },
    });
    expect(line('healthy')).toMatchObject({ level: 'debug' });
  });
});

describe('behind a proxy', () => {
  use({ api: { trustProxy: ['127.0.0.0/8', '10.0.0.0/8'] } });

  it.each([
    ['203.0.113.9', 'ip:203.0.113.9'],
    ['203.0.113.9:50001', 'ip:203.0.113.9'],
    ['6.6.6.6, 203.0.113.9', 'ip:203.0.113.9'],
    ['6.6.6.6, 203.0.113.9:50001, 10.0.0.7:443', 'ip:203.0.113.9'],
    ['::ffff:203.0.113.9', 'ip:203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', 'ip:2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', 'ip:2001:db8:1:2::/64'],
    ['[2001:db8:1:2::1]:443', 'ip:2001:db8:1:2::/64'],
    ['"[2001:db8:1:2::1]"', 'ip:2001:db8:1:2::/64'],
    ['10.0.0.7', 'ip:10.0.0.7'],
  ])('X-Forwarded-For %s is client %s', async (forwarded, client) => {
    const response = await api().get('/api/toys/whoami').set('X-Forwarded-For', forwarded);
    expect(response.body.clientId).toBe(client);
    expect(edge.logger.records.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('what is no address is the peer, with one warning', async () => {
    for (const forwarded of ['nonsense', 'unknown', '203.0.113.9, _hidden', ', 10.0.0.7']) {
      const response = await api().get('/api/toys/whoami').set('X-Forwarded-For', forwarded);
      expect(response.body.clientId).toBe('ip:127.0.0.1');
    }
    const warnings = edge.logger.records.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('holds no address'),
    ]);
  });
});

describe('behind so many proxies', () => {
  use({ api: { trustProxy: 2 } });

  it.each([
    ['203.0.113.9:1, 198.51.100.2:2', 'ip:203.0.113.9'],
    ['6.6.6.6, 203.0.113.9, 198.51.100.2', 'ip:203.0.113.9'],
    ['203.0.113.9', 'ip:203.0.113.9'],
  ])('X-Forwarded-For %s is client %s', async (forwarded, client) => {
    const response = await api().get('/api/toys/whoami').set('X-Forwarded-For', forwarded);
    expect(response.body.clientId).toBe(client);
  });
});
