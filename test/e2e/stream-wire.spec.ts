import { connect } from 'node:net';
import { answer, FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { ServiceProcess } from '../support/service-process.js';

const TOKENS = ['He', 'llo é🙂'];
const BODY = JSON.stringify({ message: 'Hi' });

let ollama: FakeOllama;
let service: ServiceProcess;

beforeAll(async () => {
  ollama = await FakeOllama.start();
  ollama.always(answer(...TOKENS));
  service = await ServiceProcess.start({ OLLAMA_BASE_URL: ollama.baseUrl });
});
afterAll(async () => {
  await service.remove();
  await ollama.close();
});

/** All bytes that come back on one connection until it is closed, as text. */
function exchange(...requests: string[]): Promise<string> {
  const { port } = new URL(service.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (part) => (text += String(part)));
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
    socket.write(requests.join(''));
  });
}

const stream = (version: string, connection: string, more = ''): string =>
  `POST /api/chat/stream HTTP/${version}\r\nHost: localhost\r\nContent-Type: application/json\r\n` +
  `Content-Length: ${BODY.length}\r\nConnection: ${connection}\r\n${more}\r\n${BODY}`;

/** The bodies of the responses, their chunks put together. */
function bodies(text: string): string[] {
  return text
    .split(/(?=HTTP\/1\.1 \d{3} )/)
    .map((response) => Buffer.from(response.slice(response.indexOf('\r\n\r\n') + 4)))
    .map((body) => dechunked(body));
}

function dechunked(body: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length;) {
    const lineEnd = body.indexOf('\r\n', at);
    const length = Number.parseInt(body.toString('latin1', at, lineEnd), 16);
    parts.push(body.subarray(lineEnd + 2, lineEnd + 2 + length));
    at = lineEnd + 2 + length;
    expect(body.toString('latin1', at, at + 2)).toBe('\r\n');
    at += 2;
  }
  return Buffer.concat(parts).toString('utf8');
}

const tokensOf = (body: string): unknown[] =>
  body
    .split('\n\n')
    .filter((block) => block.startsWith('data: {"token"'))
    .map((block) => JSON.parse(block.slice('data: '.length)).token);

describe('the bytes of a stream', () => {
  it('are chunks that add up to the body, and leave the connection usable', async () => {
    const text = await exchange(stream('1.1', 'keep-alive'), stream('1.1', 'close'));
    expect(text.match(/Transfer-Encoding: chunked/g)).toHaveLength(2);
    expect(bodies(text).map(tokensOf)).toEqual([TOKENS, TOKENS]);
    expect(text.endsWith('\r\n0\r\n\r\n')).toBe(true);
  });

  it('are plain for a client of HTTP/1.0, which knows no chunks', async () => {
    const text = await exchange(stream('1.0', 'close'));
    const [head = '', body = ''] = text.split('\r\n\r\n');
    expect(head).not.toMatch(/transfer-encoding/i);
    expect(body.startsWith('data: {"token":"He"}\n\n')).toBe(true);
    expect(tokensOf(body)).toEqual(TOKENS);
  });

  it.each([
    ['HTTP/1.0', stream('1.0', 'close')],
    // Node then answers in chunks of its own.
    ['HTTP/1.0 that takes chunks', stream('1.0', 'close', 'TE: chunked\r\n')],
    ['HTTP/1.1', stream('1.1', 'close')],
  ])('are sent as the model makes them to a client of %s', async (_, request) => {
    const gates = Array.from({ length: 20 }, () => new Gate());
    const said = script();
    for (const [index, gate] of gates.entries())
      said.tokens(`<${index}`, ' '.repeat(2_000), '>').wait(gate);
    ollama.next(said.done());
    const { port } = new URL(service.url);
    const socket = connect(Number(port), '127.0.0.1').setEncoding('utf8');
    socket.write(request);
    let text = '';
    let waited = 0;
    for await (const part of socket) {
      text += String(part);
      // The model goes on only once its last tokens have arrived.
      while (text.includes(`<${waited}"`) && text.split(':">"').length === waited + 2) {
        gates[waited]?.open();
        waited += 1;
      }
    }
    expect(waited).toBe(gates.length);
    expect(text).toContain('"done":true');
  });

  it('are none for HEAD, on a stream that can be read again', async () => {
    const first = await exchange(stream('1.1', 'close'));
    const id = /X-Generation-Id: (\S+)/.exec(first)?.[1];
    const head = (method: string) =>
      `${method} /api/generations/${id}/stream HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
    const text = await exchange(head('HEAD'));
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text.endsWith('\r\n\r\n')).toBe(true);
    expect(text).not.toContain('data:');
    const [body = ''] = bodies(await exchange(head('GET')));
    expect(tokensOf(body.replace(/^id: \d+\n/gm, ''))).toEqual(TOKENS);
  });
});
