import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { ServiceProcess } from '../support/service-process.js';
import { Attacker, get, post, statusesIn } from './support/sockets.js';

/** No file and no connection can be opened any more: a new handle would be one of the first three. */
function leaveNoHandle(pid: number): void {
  execFileSync('prlimit', ['--pid', String(pid), '--nofile=3']);
}

/** As far as it is kept. */
function isWhole(answer: string): boolean {
  const [head = '', body = ''] = answer.split('\r\n\r\n', 2);
  const length = Number(/Content-Length: (\d+)/i.exec(head)?.[1]);
  return body.length >= Math.min(length, 50_000);
}

describe('without a free file handle', () => {
  let service: ServiceProcess;
  let connections: Attacker[];

  beforeAll(async () => {
    service = await ServiceProcess.start({ RATE_LIMIT_ENABLED: 'false' });
    connections = await Attacker.many('reading', Number(new URL(service.url).port), 12);
    // The service has taken them once it answers on the last.
    const last = connections.at(-1);
    last?.socket.write(get('/api/health'));
    while (last?.received === '') await new Promise(setImmediate);
    leaveNoHandle(service.child.pid ?? 0);
  });
  afterAll(() => service.remove());

  const gzip = 'Content-Encoding: gzip\r\n';

  // No connection is closed meanwhile: each would leave a handle for the next.
  it.each([
    // Ollama cannot be asked: no mistake of the client.
    ['a stream', post('/api/chat/stream', '{"message":"Hi"}'), '503', 'model_unavailable'],
    ['a chat', post('/api/chat', gzipSync('{"message":"Hi"}'), gzip), '503', 'model_unavailable'],
    ['a wrong body', post('/api/chat', '{"message":7}'), '400', '"field":"message"'],
    ['one that is no UTF-8', post('/api/chat', Buffer.from([0x22, 0xff])), '400', 'valid UTF-8'],
    ['the list', get('/api/history'), '200', '"conversations"'],
    ['the documentation', get('/api/docs'), '200', 'swagger-ui'],
    ['its script', get('/api/docs/swagger-ui-bundle.js'), '200', 'SwaggerUI'],
    ['the OpenAPI file', get('/api/openapi.json'), '200', '"openapi"'],
  ])('the first request of its kind is what it is: %s', async (_name, text, status, content) => {
    const connection = connections.shift();
    if (!connection) throw new Error('More requests than connections');
    connection.socket.write(text);
    while (!isWhole(connection.received)) await delay(10);
    expect(statusesIn(connection.received)).toEqual([status]);
    expect(connection.received).toContain(content);
  });
});
