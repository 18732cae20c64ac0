import { once } from 'node:events';
import { connect } from 'node:net';
import { api, edge, raw, use } from '../../support/http-edge-client.js';

describe('errors', () => {
  use();

  it.each([
    ['unknown route', 'get', '/api/nope'],
    ['unknown route outside the prefix', 'get', '/nope'],
    ['the prefix itself', 'get', '/api'],
    ['a path below a known one', 'put', '/api/toys/whoami/more'],
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

  it.each([
    ['put', '/api/toys', 'GET, HEAD, POST, OPTIONS'],
    ['patch', '/api/toys/', 'GET, HEAD, POST, OPTIONS'],
    ['delete', '/API/Health', 'GET, HEAD, OPTIONS'],
    ['get', '/api/toys/some-id', 'DELETE, OPTIONS'],
    ['head', '/api/toys/without-body', 'POST, OPTIONS'],
  ] as const)('%s of %s is 405 and says what is allowed', async (method, path, allow) => {
    const response = await api()[method](path).expect(405);
    expect(response.headers).toMatchObject({ allow, 'access-control-allow-origin': '*' });
    if (method === 'head') return;
    expect(response.body).toMatchObject({
      code: 'METHOD_NOT_ALLOWED',
      reason: 'method_not_allowed',
      request_id: response.headers['x-request-id'],
    });
  });

  it.each(['TRACE', 'PROPFIND', 'M-SEARCH'])('%s is 405 as any other', async (method) => {
    const response = await raw(
      `${method} /api/toys HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
    expect(response).toMatch(/^HTTP\/1.1 405 /);
  });

  it('CONNECT is 405 too: this is no proxy', async () => {
    const response = await raw('CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n');
    expect(response).toMatch(/^HTTP\/1.1 405 /);
    expect(response).toContain('"reason":"method_not_allowed"');
  });

  it.each(['//api/toys/whoami', '/api//toys///whoami', '//api/toys/whoami?x=a//b'])(
    'a doubled slash is one: %s',
    async (path) => {
      const response = await raw(
        `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      );
      expect(response).toMatch(/^HTTP\/1.1 200 /);
    },
  );

  it('a target may be a whole URL', async () => {
    const response = await raw(
      'GET http://localhost/api/toys?limit=7 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    );
    expect(response).toContain('"limit":7');
    expect(edge.logger.of('Request served').at(-1)?.fields).toMatchObject({ path: '/api/toys' });
  });

  it.each(['/api/toys/%ff', '/%', '/api/toys/%c3%28?x=1'])(
    'a path that cannot be decoded (%s) is a JSON 400',
    async (path) => {
      const response = await raw(
        `DELETE ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      );
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
    const text = await raw('GET /api/toys/broken-stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(text).toContain('data: {"token":"a"}');
    expect(text).not.toContain('\r\n0\r\n\r\n');
    expect(text).not.toContain('INTERNAL_ERROR');
  });

  it('rubbish after a request cuts its stream instead of being answered inside it', async () => {
    const socket = connect(edge.port, '127.0.0.1');
    socket
      .setEncoding('utf8')
      .write('GET /api/toys/endless-stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
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
      `GET / HTTP/1.1\r\nHost: localhost\r\nX-Big: ${'x'.repeat(20_000)}\r\n\r\n`,
      'The headers are too large',
    ],
  ])('%s is a JSON 400', async (_name, text, sentence) => {
    const response = await raw(text);
    const [head = '', body = ''] = response.split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
    expect(head).toContain('Access-Control-Allow-Origin: *');
    expect(JSON.parse(body)).toMatchObject({ error: sentence, code: 'INVALID_INPUT' });
  });

  it('an expectation that nobody knows is no hindrance', async () => {
    const response = await raw(
      'GET /api/nope HTTP/1.1\r\nHost: localhost\r\nExpect: miracles\r\nConnection: close\r\n\r\n',
    );
    expect(response).toMatch(/^HTTP\/1.1 404 /);
    expect(response).toContain('"reason":"route_not_found"');
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
