import { once } from 'node:events';
import { connect } from 'node:net';
import { answer, FakeOllama, script } from '../support/fake-ollama.js';
import { getJson, postJson, sendJson } from '../support/http-client.js';
import { startService, type RunningService } from '../support/service.js';
import { StreamReader } from '../support/stream-reader.js';

describe('the edge of the service', () => {
  let ollama: FakeOllama;
  let service: RunningService;

  beforeAll(async () => {
    ollama = await FakeOllama.start();
    service = await startService(ollama, {
      api: { trustProxy: ['127.0.0.0/8'], keepAliveMs: 620_000 },
    });
  });
  afterAll(async () => {
    await service.close();
    ollama.assertNoUnexpected();
    await ollama.close();
  });

  it('tells at its root where the documentation is', async () => {
    const response = await fetch(`${service.url}/`);
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('application/json; charset=utf-8');
    const entrance = (await response.json()) as { docs: string; openapi: string };
    expect(entrance).toEqual({
      name: 'Ollama Chat Service',
      docs: '/api/docs',
      openapi: '/api/openapi.json',
    });
    for (const path of [entrance.docs, entrance.openapi]) {
      expect((await fetch(service.url + path)).status).toBe(200);
    }
  });

  it.each([
    ['/api/openapi.json', 'application/json; charset=utf-8'],
    ['/api/docs/swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
    ['/api/docs/swagger-ui.css', 'text/css; charset=utf-8'],
    ['/api/docs/favicon-32x32.png', 'image/png'],
    ['/api/docs/start.js', 'text/javascript; charset=utf-8'],
  ])('%s is sent once to a client that keeps it', async (path, type) => {
    const first = await fetch(service.url + path);
    expect(first.status).toBe(200);
    expect(first.headers.get('Content-Type')).toBe(type);
    const etag = first.headers.get('ETag') ?? '';
    expect(etag).toMatch(/^"[^"]+"$/);
    expect((await first.arrayBuffer()).byteLength).toBe(
      Number(first.headers.get('Content-Length')),
    );
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await fetch(service.url + path, { headers: { 'If-None-Match': known } });
      expect(again.status).toBe(304);
      expect(again.headers.get('ETag')).toBe(etag);
      expect(await again.text()).toBe('');
    }
    const other = await fetch(service.url + path, { headers: { 'If-None-Match': '"other"' } });
    expect(other.status).toBe(200);
  });

  it('names the way to a generation as the proxy’s clients see it', async () => {
    const start = async (prefix: string): Promise<string | null> => {
      ollama.next(answer('Hi'));
      const headers = { Prefer: 'respond-async', 'X-Forwarded-Prefix': prefix };
      const { headers: sent } = await postJson(
        `${service.url}/api/chat`,
        { message: 'Hi' },
        headers,
      );
      return sent.get('Location');
    };
    const path = /^\/api\/generations\/[0-9a-f-]{36}$/;
    expect(await start('')).toMatch(path);
    expect((await start('/chat'))?.replace(/^\/chat/, '')).toMatch(path);
    expect((await start('/a/b/'))?.replace(/^\/a\/b/, '')).toMatch(path);
    expect((await start('/a, /b'))?.replace(/^\/a\/b/, '')).toMatch(path);
    for (const odd of ['chat', '//evil.example', 'https://evil.example', '/a"b', '/a b', '/']) {
      expect(await start(odd)).toMatch(path);
    }
  });

  it('takes large bodies where messages are, and nowhere else', async () => {
    const large = { message: 'a'.repeat(300_000) };
    const chat = await postJson(`${service.url}/api/chat`, large);
    expect(chat.body).toMatchObject({ reason: 'validation', details: [{ field: 'message' }] });
    const rename = await sendJson('PUT', `${service.url}/api/history/any`, large);
    expect(rename.body).toMatchObject({ reason: 'body_too_large' });
  });

  it('frees the model when the client of a stream leaves that has sent more ahead', async () => {
    ollama.next(script().tokens('a').hang());
    const chats = ollama.chats.length;
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    const body = JSON.stringify({ message: 'Hi' });
    const head = (method: string, path: string): string =>
      `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
    const next = `${head('GET', '/api/history')}\r\n`.repeat(200);
    const ask = (path: string): string =>
      `${head('POST', path)}Content-Length: ${body.length}\r\n\r\n${body}`;
    socket.write(ask('/api/chat/stream') + ask('/api/chat') + next);
    const chat = await ollama.chat(chats);
    await once(socket, 'data');
    socket.write(next);
    socket.destroy();
    expect(await chat.closed).toBe('client_left');
    // The chat behind it is nobody's any more.
    await getJson(`${service.url}/api/history`);
    expect(ollama.chats).toHaveLength(chats + 1);
  });

  it('frees it too when the stream is the second in line', async () => {
    ollama.next(script().tokens('a').hang());
    const chats = ollama.chats.length;
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    const body = JSON.stringify({ message: 'Hi' });
    socket.write(
      `GET /api/history HTTP/1.1\r\nHost: localhost\r\n\r\nPOST /api/chat/stream HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    const chat = await ollama.chat(chats);
    socket.destroy();
    expect(await chat.closed).toBe('client_left');
  });

  it('keeps idle connections for as long as it is told to', async () => {
    const response = await fetch(`${service.url}/api/health`);
    expect(response.headers.get('Keep-Alive')).toBe('timeout=620');
    expect(service.app.getHttpServer().keepAliveTimeout).toBe(620_000);
  });

  it('says 405 with the methods that a path has', async () => {
    const wrong = await fetch(`${service.url}/api/chat/stream`);
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get('Allow')).toBe('POST, OPTIONS');
    const docs = await fetch(`${service.url}/api/openapi.json`, { method: 'DELETE' });
    expect(docs.headers.get('Allow')).toBe('GET, HEAD, OPTIONS');
    const one = await fetch(`${service.url}/api/history/any`, { method: 'PATCH' });
    expect(one.headers.get('Allow')).toBe('GET, HEAD, PUT, DELETE, OPTIONS');
  });

  it('takes stop words within their bounds', async () => {
    const send = (stop: unknown) =>
      postJson(`${service.url}/api/chat`, { message: 'Hi', parameters: { stop } });
    ollama.next(answer('Hi'));
    const longest = Array<string>(16).fill('😀'.repeat(100));
    expect((await send(longest)).status).toBe(200);
    for (const wrong of [Array(17).fill('a'), ['a'.repeat(101)], [''], [1], 'END', {}, [['a']]]) {
      const { status, body } = await send(wrong);
      expect({ wrong, status }).toEqual({ wrong, status: 400 });
      expect(body.details).toEqual([
        {
          field: 'parameters.stop',
          message: 'stop must be a list of at most 16 strings of 1 to 100 characters',
        },
      ]);
    }
  });

  it('answers a stream asked for with a doubled slash', async () => {
    ollama.next(answer('Hi'));
    const stream = await StreamReader.post(`${service.url}//api/chat/stream`, { message: 'Hi' });
    await stream.rest();
    expect((await getJson(`${service.url}/api/history`)).status).toBe(200);
  });
});
