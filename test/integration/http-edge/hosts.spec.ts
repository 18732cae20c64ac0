import { api, raw, use } from '../../support/http-edge-client.js';
import { apiKey } from '../../support/settings.js';

const get = (path: string, lines: readonly string[], version = '1.1'): Promise<string> =>
  raw([`GET ${path} HTTP/${version}`, ...lines, 'Connection: close', '', ''].join('\r\n'));

describe('hosts of a service without keys', () => {
  use({ api: { allowedHosts: ['chat.example.com', '*.lan.example', 'chat'] } });

  it.each([
    'localhost',
    'localhost:8000',
    'LocalHost.',
    'app.localhost:3000',
    '127.0.0.1',
    '127.0.0.1:8000',
    '[::1]:8000',
    '192.168.1.5:8000',
    '[2001:db8::1]',
    '203.0.113.1',
    'chat.example.com',
    'CHAT.example.com.:443',
    'chat:8000',
    'a.b.lan.example',
  ])('%s is answered', async (host) => {
    expect(await get('/api/toys', [`Host: ${host}`])).toMatch(/^HTTP\/1.1 200 /);
  });

  it.each([
    'evil.example',
    'evil.example:8000',
    'localhost.evil.example',
    'chat.example.com.evil.example',
    'notlocalhost',
    'lan.example',
    'evil-lan.example',
    '127.0.0.1.evil.example',
    '127.0.0.1@evil.example',
    '[::1',
    '',
  ])('"%s" is not', async (host) => {
    const response = await get('/api/toys', [`Host: ${host}`]);
    expect(response).toMatch(/^HTTP\/1.1 403 /);
    expect(response).toContain('"code":"FORBIDDEN","reason":"host_not_allowed"');
    expect(response).toContain('ALLOWED_HOSTS');
    expect(response).toContain('Access-Control-Allow-Origin: *');
  });

  it('a preflight, an unknown route and a wrong method are refused as well', async () => {
    const evil = 'evil.example';
    await api().options('/api/toys').set('Host', evil).expect(403);
    await api().get('/api/nope').set('Host', evil).expect(403);
    await api().delete('/api/toys').set('Host', evil).expect(403);
    await api().post('/api/toys').set('Host', evil).send({ message: 'a' }).expect(403);
  });

  it('health is asked for by any name', async () => {
    for (const path of ['/api/health', '//api/health', '/api/health?x=1', '/API/health/']) {
      await expect(get(path, ['Host: evil.example'])).resolves.toMatch(/^HTTP\/1.1 200 /);
    }
    await api().get('/api/healthy').set('Host', 'evil.example').expect(403);
  });

  it('a whole URL as the target replaces the header', async () => {
    const url = 'http://evil.example/api/toys';
    expect(await get(url, ['Host: localhost'])).toMatch(/^HTTP\/1.1 403 /);
    expect(await get('http://localhost/api/toys', ['Host: localhost'])).toMatch(/^HTTP\/1.1 200 /);
  });
});

describe('hosts', () => {
  use({ api: { keys: [apiKey('alice', 'alice-key-0123456789abcdef')] } });

  it('of a service with keys are any', async () => {
    const lines = ['Host: any.example', 'X-Api-Key: alice-key-0123456789abcdef'];
    expect(await get('/api/toys', lines)).toMatch(/^HTTP\/1.1 200 /);
  });

  it.each([
    ['none', '1.1', []],
    ['two', '1.1', ['Host: localhost', 'host: evil.example']],
    ['the same twice', '1.1', ['Host: localhost', 'HOST: localhost']],
    ['two in HTTP/1.0', '1.0', ['Host: localhost', 'Host: evil.example']],
  ])('%s in one request is a JSON 400', async (_name, version, lines) => {
    for (const path of ['/api/toys', '/api/health', '/api/nope']) {
      const response = await get(path, lines, version);
      expect(response).toMatch(/^HTTP\/1.1 400 /);
      expect(response).toContain('"code":"INVALID_INPUT","reason":"validation"');
      expect(response).toContain('Access-Control-Allow-Origin: *');
      expect(response).toContain('Connection: close');
    }
  });

  it('none is no mistake in HTTP/1.0', async () => {
    expect(await get('/api/health', [], '1.0')).toMatch(/^HTTP\/1.1 200 /);
  });
});

describe('any host', () => {
  use({ api: { allowedHosts: ['*'] } });

  it('is answered where the settings say so', async () => {
    await api().get('/api/toys').set('Host', 'evil.example').expect(200);
  });
});

describe('a body whose length two servers could read differently', () => {
  use();
  const chunks = '2\r\n{}\r\n0\r\n\r\n';
  const send = (headers: string, version = '1.1'): Promise<string> =>
    raw(
      `POST /api/toys/without-body HTTP/${version}\r\nHost: localhost\r\n${headers}\r\n\r\n${chunks}` +
        'GET /api/toys HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    );

  it.each([
    ['identity, chunked', 'Transfer-Encoding: identity, chunked', '1.1'],
    ['gzip, chunked', 'Transfer-Encoding: gzip, chunked', '1.1'],
    ['chunked twice', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', '1.1'],
    ['no chunks', 'Transfer-Encoding: identity', '1.1'],
    ['a length as well', 'Transfer-Encoding: chunked\r\nContent-Length: 5', '1.1'],
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6', '1.1'],
    ['HTTP/1.0', 'Transfer-Encoding: chunked', '1.0'],
  ])('is a JSON 400, and the last of its connection: %s', async (_name, headers, version) => {
    const response = await send(headers, version);
    expect(response).toMatch(/^HTTP\/1.1 400 /);
    expect(response).toContain('"code":"INVALID_INPUT","reason":"validation"');
    expect(response).toContain('Connection: close');
    expect(response.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
  });

  it.each(['chunked', 'Chunked', ' chunked '])('%s is read', async (coding) => {
    const response = await send(`Transfer-Encoding: ${coding}`);
    expect(response.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
  });

  it('what a client says it accepts (TE) is no matter', async () => {
    const response = await send('TE: identity, chunked\r\nTransfer-Encoding: chunked');
    expect(response.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
  });
});
