import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { api, edge, eventually, raw, use } from '../../support/http-edge-client.js';
import { apiKey } from '../../support/settings.js';

const get = (path: string, id = 'none'): string =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: ${id}\r\n\r\n`;

const post = (path: string, body: string, headers = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n` +
  `Content-Length: ${body.length}\r\n${headers}\r\n${body}`;

/** The JSON bodies of answers in the order they came. */
const bodiesIn = (text: string): unknown[] =>
  [...text.matchAll(/\r\n\r\n(\{.*?\})(?=HTTP|$)/gs)].map(([, json = '']) => JSON.parse(json));

const statusesIn = (text: string): string[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status = '']) => status);

/** A connection whose bytes are collected. */
async function open(): Promise<{ socket: Socket; received: () => string }> {
  const socket = connect(edge.port, '127.0.0.1').setEncoding('utf8');
  let text = '';
  socket.on('data', (chunk: string) => (text += chunk)).on('error', () => undefined);
  await once(socket, 'connect');
  return { socket, received: () => text };
}

const served = (id: string): Promise<{ fields: Record<string, unknown> }> =>
  eventually(() => edge.logger.of('Request served').find(({ fields }) => fields.request_id === id));

describe('requests sent ahead on one connection', () => {
  use();

  it('are served one after the other, in their order', async () => {
    const { socket, received } = await open();
    const paths = Array.from({ length: 10 }, (_, index) => `/api/toys/company?${index}`);
    socket.write(paths.map((path) => get(path)).join('') + post('/api/toys', '{"message":"last"}'));
    await eventually(() => (received().includes('"last"') ? true : undefined));
    expect(bodiesIn(received())).toEqual([
      ...Array.from({ length: 10 }, () => ({ most: 1 })),
      expect.objectContaining({ message: 'last' }),
    ]);
    socket.write(get('/api/toys/whoami'));
    await eventually(() => (received().includes('ownerId') ? true : undefined));
    socket.destroy();
  });

  it('beyond a few are refused, and the connection ends and says so', async () => {
    let made = 0;
    edge.app.getHttpServer().on('request', () => (made += 1));
    const text = await raw(get('/api/toys/company').repeat(1_000));
    // One packet holds all: no more than the last one that is answered is made of it.
    expect(made).toBe(18);
    const statuses = statusesIn(text);
    expect(statuses).toEqual([...Array<string>(17).fill('200'), '429']);
    const [refusal = ''] = text.split('HTTP/1.1 ').slice(-1);
    expect(refusal).toContain('\r\nConnection: close\r\n');
    expect(refusal).toContain('\r\nRetry-After: 1\r\n');
    expect(refusal).toContain('\r\nAccess-Control-Allow-Origin: *\r\n');
    expect(bodiesIn(text).at(-1)).toMatchObject({
      code: 'RATE_LIMIT',
      reason: 'requests_limit',
      error: expect.stringContaining('sent ahead'),
    });
  });

  it.each([
    ['a large body', post('/api/toys', `{"message":"${'a'.repeat(9_000)}"}`)],
    [
      'a body of unknown length',
      'POST /api/toys HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n',
    ],
  ])('do not wait with %s', async (_name, text) => {
    const received = await raw(get('/api/toys/company') + text + get('/api/toys/company'));
    expect(statusesIn(received)).toEqual(['200', '429']);
  });

  it('do not touch a stream before them, and go with its client', async () => {
    const { socket, received } = await open();
    const ahead = get('/api/toys/company', 'ahead').repeat(1_000);
    socket.write(get('/api/toys/endless-stream', 'stream') + ahead);
    await eventually(() => (received().includes('token') ? true : undefined));
    socket.write(ahead);
    await new Promise<void>((resolve) => socket.write('rubbish'.repeat(1_000), () => resolve()));
    await api().get('/api/toys/whoami').expect(200);
    expect(statusesIn(received())).toEqual(['200']);
    socket.destroy();
    expect((await served('stream')).fields).toMatchObject({ aborted: true });
    const ids = edge.logger.of('Request served').map(({ fields }) => fields.request_id);
    expect(ids).not.toContain('ahead');
  });

  it('of which one has an end that nobody reads do not keep the next from its turn', async () => {
    const text = await raw(
      post('/api/toys/without-body', '{"unread":1}') +
        get('/api/nope') +
        get('/api/toys/company').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'),
    );
    expect(statusesIn(text)).toEqual(['200', '404', '200']);
  });

  it('after one that ends the connection are nobody’s', async () => {
    const last = get('/api/toys/company').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
    const text = await raw(last + get('/api/toys/company').repeat(3));
    expect(statusesIn(text)).toEqual(['200']);
    expect(bodiesIn(text)).toEqual([{ most: 1 }]);
  });
});

describe('bodies that nobody reads', () => {
  const key = 'alice-key-0123456789abcdef';
  use({
    api: { keys: [apiKey('alice', key)] },
    rateLimit: { enabled: true, requests: 1, readRequests: 1_000 },
  });
  const keyed = `X-Api-Key: ${key}\r\n`;
  const unfinished = (path: string, headers = ''): string =>
    post(path, '', headers).replace('Content-Length: 0', 'Content-Length: 200000') + '{"mess';

  it('are not waited for where a key is missing, a limit is reached, a route unknown', async () => {
    await api().post('/api/generate/plain').set('X-Api-Key', key).send({ message: 'a' });
    for (const [text, status] of [
      [unfinished('/api/toys'), '401'],
      [unfinished('/api/generate/plain', keyed), '429'],
      [unfinished('/api/nope', keyed), '404'],
      [unfinished('/api/toys/without-body', keyed), '200'],
      [unfinished('/api/toys', keyed).replace('application/json', 'text/plain'), '400'],
    ] as const) {
      const received = await raw(text);
      expect(statusesIn(received)).toEqual([status]);
      expect(received).toContain('\r\nConnection: close\r\n');
    }
  });

  it('a Content-Length that is too large is believed at once', async () => {
    const text = post('/api/toys', '', keyed).replace('Length: 0', 'Length: 99999999999');
    const received = await raw(text);
    expect(statusesIn(received)).toEqual(['413']);
    expect(received).toContain('\r\nConnection: close\r\n');
  });

  it('that were there already cost the connection nothing', async () => {
    const { socket, received } = await open();
    socket.write(post('/api/toys', '{"message":"a"}'));
    await eventually(() => (received().includes('"unauthorized"') ? true : undefined));
    socket.write(post('/api/toys', '{"message":"a"}', keyed));
    await eventually(() => (received().includes('the default') ? true : undefined));
    expect(statusesIn(received())).toEqual(['401', '200']);
    socket.destroy();
  });

  it('that are still sent do not hide the answer from who sends them', async () => {
    const { socket, received } = await open();
    const size = 4_000_000;
    socket.write(post('/api/toys', '', keyed).replace('Length: 0', `Length: ${size}`));
    socket.write('a'.repeat(size));
    await once(socket, 'close');
    expect(statusesIn(received())).toEqual(['413']);
  });

  it('100 Continue is said only where the body is wanted', async () => {
    const expecting = (path: string, headers: string): string =>
      post(path, '{"message":"a"}', `Expect: 100-continue\r\n${headers}`).replace(
        '{"message":"a"}',
        '',
      );
    const refused = await raw(expecting('/api/toys', ''));
    expect(statusesIn(refused)).toEqual(['401']);
    const { socket, received } = await open();
    socket.write(expecting('/api/toys', keyed));
    await eventually(() => (received().includes('100 Continue') ? true : undefined));
    socket.write('{"message":"a"}');
    await eventually(() => (received().includes('the default') ? true : undefined));
    expect(statusesIn(received())).toEqual(['100', '200']);
    socket.destroy();
  });
});
