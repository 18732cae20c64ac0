import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import request from 'supertest';
import { startEdgeApp, type EdgeApp } from '../support/http-edge-app.js';
import { apiKey, type SettingsOverrides } from '../support/settings.js';

let edge: EdgeApp;

const use = (overrides: SettingsOverrides = {}): void => {
  beforeAll(async () => {
    edge = await startEdgeApp(overrides);
  });
  afterAll(async () => {
    await edge.app.close();
  });
};

const api = (): ReturnType<typeof request> => request(edge.url);
const post = (path: string, body: string | Buffer, type = 'application/json'): request.Test => {
  const asIs = (sent: unknown): string => sent as string;
  return api().post(path).serialize(asIs).set('Content-Type', type).send(asIs(body));
};

/** Bytes in, bytes out, until the server closes the connection. */
async function raw(text: string): Promise<string> {
  const socket = connect(edge.port, '127.0.0.1');
  socket.setEncoding('utf8');
  let received = '';
  socket.on('data', (chunk: string) => (received += chunk));
  socket.on('error', () => undefined);
  socket.write(text);
  await once(socket, 'close');
  return received;
}

/** What `probe` gives once it gives something; the test's own time limit ends the waiting. */
async function eventually<T>(probe: () => T | undefined): Promise<T> {
  for (;;) {
    const found = probe();
    if (found !== undefined) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('errors', () => {
  use();

  it.each([
    ['unknown route', 'get', '/api/nope'],
    ['unknown route outside the prefix', 'get', '/nope'],
    ['the root', 'get', '/'],
    ['the prefix itself', 'get', '/api'],
    ['unknown method of a known path', 'put', '/api/toys'],
    ['another one', 'delete', '/api/health'],
    ['a body nobody asks for', 'post', '/api/nope'],
  ] as const)('%s is a JSON 404', async (_name, method, path) => {
    const response = await api()[method](path).expect(404);
    expect(response.headers['content-type']).toMatch(/^application\/json/);
    expect(response.body).toEqual({
      error: 'There is no such route: check the method and the path',
      code: 'NOT_FOUND',
      reason: 'route_not_found',
      request_id: response.headers['x-request-id'],
    });
  });

  it.each(['/api/toys/%ff', '/%', '/api/toys/%c3%28?x=1'])(
    'a path that cannot be decoded (%s) is a JSON 400',
    async (path) => {
      const response = await raw(`DELETE ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect(response).toMatch(/^HTTP\/1.1 400 /);
      expect(response).toContain('"code":"INVALID_INPUT","reason":"validation"');
      expect(response).not.toContain('at ');
    },
  );

  it('a busy conversation names the generation and says when to come back', async () => {
    const response = await api().get('/api/toys/errors/busy').expect(409);
    expect(response.headers['retry-after']).toBe('2');
    expect(response.body).toMatchObject({
      code: 'CONFLICT',
      reason: 'conversation_busy',
      active_generation_id: 'generation-1',
    });
  });

  it('Retry-After is whole seconds', async () => {
    const response = await api().get('/api/toys/errors/draining').expect(503);
    expect(response.headers['retry-after']).toBe('3');
  });

  it.each(['bug', 'thrown'])('the unexpected (%s) tells the client nothing', async (name) => {
    const response = await api().get(`/api/toys/errors/${name}`).expect(500);
    expect(response.body).toEqual({
      error: 'Internal server error',
      code: 'INTERNAL_ERROR',
      reason: 'internal',
      request_id: expect.any(String),
    });
  });

  it('the unexpected is logged with its cause and the request', async () => {
    await api().get('/api/toys/errors/bug').set('X-Request-Id', 'find-me').expect(500);
    const logged = edge.logger
      .of('Request failed unexpectedly')
      .find(({ fields }) => fields.request_id === 'find-me');
    expect(logged?.level).toBe('error');
    expect(String(logged?.fields.error)).toContain('secret of the inside');
  });

  it('an error takes back the content type that a handler had prepared', async () => {
    const response = await api().get('/api/toys/prepared').expect(503);
    expect(response.headers['content-type']).toMatch(/^application\/json/);
    expect(response.body.reason).toBe('draining');
  });

  it('a failure after the headers cuts the connection instead of ending it cleanly', async () => {
    const text = await raw('GET /api/toys/broken-stream HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(text).toContain('data: {"token":"a"}');
    expect(text).not.toContain('\r\n0\r\n\r\n');
    expect(text).not.toContain('INTERNAL_ERROR');
  });

  it('rubbish after a request cuts its stream instead of being answered inside it', async () => {
    const socket = connect(edge.port, '127.0.0.1');
    socket.setEncoding('utf8').write('GET /api/toys/endless-stream HTTP/1.1\r\nHost: x\r\n\r\n');
    let received = '';
    socket.on('data', (chunk: string) => {
      received += chunk;
      if (received.includes('token')) socket.write('rubbish\r\n\r\n');
    });
    await once(socket, 'close');
    expect(received).toContain('data: {"token":"a"}');
    expect(received).not.toContain('400 Bad Request');
  });

  it.each([
    ['no HTTP at all', 'rubbish\r\n\r\n', 'The request is not valid HTTP'],
    ['a bad header', 'GET / HTTP/1.1\r\nbad header\r\n\r\n', 'The request is not valid HTTP'],
    [
      'headers without end',
      `GET / HTTP/1.1\r\nHost: x\r\nX-Big: ${'x'.repeat(20_000)}\r\n\r\n`,
      'The headers are too large',
    ],
  ])('%s is a JSON 400', async (_name, text, sentence) => {
    const response = await raw(text);
    const [head = '', body = ''] = response.split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
    expect(JSON.parse(body)).toMatchObject({ error: sentence, code: 'INVALID_INPUT' });
  });

  it('no answer tells what the service is made of, or may be cached or guessed at', async () => {
    const { headers } = await api().get('/api/toys');
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
  });
});

describe('bodies', () => {
  use();

  it('echoes a whole one', async () => {
    const body = { message: 'Hello', model: 'llama2', parameters: { temperature: 0, stop: ['.'] } };
    const response = await api().post('/api/toys').send(body).expect(200);
    expect(response.body).toEqual(body);
  });

  it.each([
    ['malformed JSON', '{"message": "Hello",', /valid JSON/],
    ['a missing quote', '{"message: "Hello"}', /valid JSON \(see character \d+\)/],
    ['an array', '[]', /JSON object/],
    ['a string', '"x"', /JSON object/],
    ['a number', '1', /JSON object/],
    ['null', 'null', /JSON object/],
    ['true', 'true', /JSON object/],
    ['only white space', '  ', /valid JSON/],
    [
      'arrays nested 45,000 deep',
      `{"message":${'['.repeat(45_000)}${']'.repeat(45_000)}}`,
      /nested/,
    ],
    [
      'objects nested 25,000 deep',
      `{"message":"a","parameters":${'{"a":'.repeat(25_000)}1${'}'.repeat(25_000)}}`,
      /nested/,
    ],
    ['NUL in a text', '{"message":"a\\u0000b"}', /message must be Unicode text/],
    ['a lone high surrogate', '{"message":"\\ud83d"}', /message must be Unicode text/],
    ['a lone low surrogate', '{"message":"\\ude00 a"}', /message must be Unicode text/],
    [
      'NUL deep inside',
      '{"message":"a","parameters":{"stop":["ok","\\u0000"]}}',
      /parameters\.stop\[1\] must be Unicode text/,
    ],
  ])('%s is 400', async (_name, text, sentence) => {
    const response = await post('/api/toys', text).expect(400);
    expect(response.body).toMatchObject({ code: 'INVALID_INPUT', reason: 'validation' });
    expect(response.body.error).toMatch(sentence);
    expect(response.body.details).toHaveLength(1);
  });

  it.each([
    ['a missing body', undefined],
    ['an empty one', ''],
  ])('%s is 400 and says what to send', async (_name, text) => {
    const response = await api().post('/api/toys').send(text).expect(400);
    expect(response.body.error).toContain('Send a JSON object as the body');
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    '',
  ])('Content-Type "%s" is 400 and names the right one', async (type) => {
    const header = type ? `Content-Type: ${type}\r\n` : '';
    const response = await raw(
      `POST /api/toys HTTP/1.1\r\nHost: x\r\n${header}Content-Length: 15\r\nConnection: close\r\n\r\n{"message":"a"}`,
    );
    expect(response).toMatch(/^HTTP\/1.1 400 /);
    expect(response).toContain('send Content-Type: application/json');
  });

  it('a route that wants no body does not mind one', async () => {
    await post('/api/toys/without-body', '', 'text/plain').expect(200);
    await post('/api/toys/without-body', 'a=1', 'application/x-www-form-urlencoded').expect(200);
    await post('/api/toys/without-body', '{broken').expect(200);
  });

  it('invalid UTF-8 is 400, not silently replaced', async () => {
    const body = Buffer.from('{"message":"\xff\xfe"}', 'latin1');
    const response = await post('/api/toys', body).expect(400);
    expect(response.body.error).toBe('Invalid request: the body must be valid UTF-8');
  });

  it.each(['latin1', 'utf-16le', 'utf-7', 'x-unknown'])('charset %s is 400', async (charset) => {
    const type = `application/json; charset=${charset}`;
    const response = await post('/api/toys', '{"message":"a"}', type).expect(400);
    expect(response.body.error).toBe('Invalid request: the body must be in UTF-8');
  });

  it('reads a compressed body, and says so when it cannot', async () => {
    const zipped = gzipSync('{"message":"Hello"}');
    const send = (encoding: string, body: Buffer): request.Test =>
      post('/api/toys', body).set('Content-Encoding', encoding);
    const response = await send('gzip', zipped).expect(200);
    expect(response.body.message).toBe('Hello');
    await send('x-unknown', zipped).expect(400);
    await send('gzip', Buffer.from('this is no gzip')).expect(400);
    const bomb = gzipSync(`{"message":"${'a'.repeat(300_000)}"}`);
    await send('gzip', bomb).expect(413);
  });

  it('more than 256 KiB is 413', async () => {
    const response = await post('/api/toys', `{"message":"${'a'.repeat(256 * 1024)}"}`).expect(413);
    expect(response.body).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', reason: 'body_too_large' });
  });

  it('10,000 escaped emoji pass, 10,001 do not', async () => {
    const emoji = '\\ud83d\\ude00';
    await post('/api/toys', `{"message":"${emoji.repeat(10_000)}"}`).expect(200);
    await post('/api/toys', `{"message":"${emoji.repeat(10_001)}"}`).expect(400);
  });

  it('a letter and its variation selector are two', async () => {
    await api()
      .post('/api/toys')
      .send({ message: 'a\ufe0f'.repeat(5_000) })
      .expect(200);
    await api()
      .post('/api/toys')
      .send({ message: 'a\ufe0f'.repeat(5_001) })
      .expect(400);
  });

  it('null is absence: the default for an optional field, an error for a required one', async () => {
    const body = { message: 'a', model: null, parameters: { temperature: null } };
    const response = await api().post('/api/toys').send(body).expect(200);
    expect(response.body).toEqual({ message: 'a', model: 'the default', parameters: {} });
    await api().post('/api/toys').send({ message: 'a', parameters: null }).expect(200);
    const missing = await api().post('/api/toys').send({ message: null }).expect(400);
    expect(missing.body.details[0].field).toBe('message');
  });

  it('prototype keys have no effect', async () => {
    const text =
      '{"message":"a","__proto__":{"model":"evil"},"constructor":{"prototype":{"x":1}},"parameters":{"__proto__":{"temperature":1}}}';
    const response = await post('/api/toys', text).expect(200);
    expect(response.body).toEqual({ message: 'a', model: 'the default', parameters: {} });
    expect({}).not.toHaveProperty('x');
  });

  it.each([
    [{ message: 'a', parameters: { temperature: '0.5' } }, 'parameters.temperature', /number/],
    [
      { message: 'a', parameters: { temperature: 1.1 } },
      'parameters.temperature',
      /not be greater/,
    ],
    [{ message: 'a', parameters: { max_tokens: 1.5 } }, 'parameters.max_tokens', /integer/],
    [{ message: 'a', parameters: { max_tokens: true } }, 'parameters.max_tokens', /integer/],
    [{ message: 'a', parameters: { stop: 'x'.length } }, 'parameters.stop', /string/],
    [{ message: 'a', parameters: [] }, 'parameters', /JSON object/],
    [{ message: 'a', parameters: [{ temperature: 0 }] }, 'parameters', /JSON object/],
    [{ message: 'a', parameters: 'x' }, 'parameters', /JSON object/],
    [{ message: 7 }, 'message', /string of 1 to 10000 characters/],
    [{ message: '' }, 'message', /string of 1 to 10000 characters/],
    [{ message: ['a'] }, 'message', /string of 1 to 10000 characters/],
    [{}, 'message', /string of 1 to 10000 characters/],
    [{ message: 'a', other: 1 }, 'other', /^unknown field$/],
    [{ message: 'a', temperature: 1 }, 'temperature', /temperature belongs in parameters$/],
    [
      { message: 'a', parameters: { model: 'x' } },
      'parameters.model',
      /model belongs at the top level$/,
    ],
  ])('%j names %s', async (body, field, message) => {
    const response = await api().post('/api/toys').send(body).expect(400);
    expect(response.body.details).toEqual([{ field, message: expect.stringMatching(message) }]);
    expect(response.body.error).toContain(field);
  });

  it('never repeats a value, and bounds what it repeats of names', async () => {
    const body = { message: 'a', parameters: { temperature: 'sk-secret' }, ['n'.repeat(5000)]: 1 };
    const response = await api().post('/api/toys').send(body).expect(400);
    expect(response.text).not.toContain('sk-secret');
    expect(response.text.length).toBeLessThan(1000);
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`x${index}`, 1]));
    const crowded = await api().post('/api/toys').send(many).expect(400);
    expect(crowded.body.details).toHaveLength(20);
    expect(crowded.body.error).toContain('(and 500 more)');
  });

  it('a request that breaks off is logged as such and no failure of ours', async () => {
    const socket = connect(edge.port, '127.0.0.1');
    const head = 'POST /api/toys HTTP/1.1\r\nHost: x\r\nX-Request-Id: gone\r\n';
    const type = 'Content-Type: application/json\r\nContent-Length: 100\r\n';
    socket.write(`${head}${type}Expect: 100-continue\r\n\r\n`);
    await once(socket, 'data');
    socket.write('{"mess');
    socket.destroy();
    const line = await eventually(() =>
      edge.logger.of('Request served').find(({ fields }) => fields.request_id === 'gone'),
    );
    expect(line.fields).toMatchObject({ aborted: true });
    expect(edge.logger.of('Request failed unexpectedly')).toEqual([]);
  });
});

describe('queries and ids', () => {
  use();

  it('defaults, and what is given', async () => {
    const none = await api().get('/api/toys').expect(200);
    expect(none.body).toEqual({ limit: 10, offset: 0, before: null });
    const given = await api().get('/api/toys?limit=5&offset=0020&utm_source=x').expect(200);
    expect(given.body).toEqual({ limit: 5, offset: 20, before: null });
  });

  it.each([
    ['limit='],
    ['limit'],
    ['limit=0x10'],
    ['limit=1e1'],
    ['limit=1.0'],
    ['limit=%2B1'],
    ['limit=-1'],
    ['limit=%201'],
    ['limit=1%0A'],
    ['limit=%D9%A1'],
    ['limit=0'],
    ['limit=101'],
    ['limit=1&limit=2'],
    ['offset=-1'],
    ['offset=99999999999999999999'],
    ['before=%00'],
    ['before='],
  ])('%s is 400 and named', async (query) => {
    const response = await api().get(`/api/toys?${query}`).expect(400);
    expect(response.body.details).toHaveLength(1);
    expect(response.body.details[0].field).toBe(query.split('=')[0]);
  });

  it.each(['a', 'a1b2c3d4-e5f6-7890-g1h2-i3j4k5l6m7n8'])('%s is an id', async (id) => {
    await api().delete(`/api/toys/${id}`).expect(200, { id });
  });

  it.each(['..%2f..%2fetc', 'a_b', 'a%00', '%20', 'a'.repeat(101), 'a.json', '%F0%9F%98%80'])(
    '%s is as unknown as any other id',
    async (id) => {
      const response = await api().delete(`/api/toys/${id}`).expect(404);
      expect(response.body).toMatchObject({
        error: 'Conversation not found',
        reason: 'conversation_not_found',
      });
    },
  );
});

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
  use({ api: { trustProxy: ['loopback'] } });

  it.each([
    ['203.0.113.9', 'ip:203.0.113.9'],
    ['6.6.6.6, 203.0.113.9', 'ip:203.0.113.9'],
    ['::ffff:203.0.113.9', 'ip:203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', 'ip:2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', 'ip:2001:db8:1:2::/64'],
    ['nonsense', 'ip:unknown'],
  ])('X-Forwarded-For %s is client %s', async (forwarded, client) => {
    const response = await api().get('/api/toys/whoami').set('X-Forwarded-For', forwarded);
    expect(response.body.clientId).toBe(client);
    expect(edge.logger.records.filter(({ level }) => level === 'warn')).toEqual([]);
  });
});

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
      'ratelimit-policy': '"generations";q=3;w=60',
      ratelimit: '"generations";r=2;t=60',
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
      'ratelimit-policy': '"generations";q=3;w=60',
      ratelimit: expect.stringMatching(/^"generations";r=0;t=\d+$/),
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
