import { gzipSync } from 'node:zlib';
import { cpuOf } from './support/process-facts.js';
import { Rig } from './support/rig.js';
import { Attacker, post, postHead, statusesIn, stillOpen } from './support/sockets.js';

const KEY = 'attacker-key-0123456789';
const keyed = `X-Api-Key: ${KEY}\r\n`;
const CHUNK = Buffer.from(`10000\r\n${'a'.repeat(0x10000)}\r\n`);

describe('bodies', () => {
  let rig: Rig;

  beforeAll(async () => {
    const headers = { 'X-Api-Key': 'bystander-key-0123456789' };
    rig = await Rig.start({
      env: { API_KEYS: `attacker:${KEY},bystander:${headers['X-Api-Key']}` },
      bystander: [
        { path: '/api/history?limit=10', headers },
        { method: 'POST', path: '/api/chat', body: { message: 'Good day' }, headers },
      ],
    });
  });
  afterAll(() => rig.stop());
  afterEach(() => rig.recovered());

  /** Sends `text` on so many connections; the statuses that each was answered with. */
  async function answers(text: string | Buffer, connections: number, seconds: number) {
    const attackers = await Attacker.many('reading', rig.port, connections);
    for (const attacker of attackers) attacker.socket.write(text);
    expect(await stillOpen(attackers, seconds)).toBe(0);
    return new Set(attackers.map(({ received }) => statusesIn(received).join()));
  }

  it('that do not come are not waited for without a key', async () => {
    await rig.whileServing(async () => {
      const half = postHead('/api/chat', 'Content-Length: 10000000\r\n') + 'a'.repeat(100_000);
      expect(await answers(half, 200, 5)).toEqual(new Set(['401']));
    });
  });

  it('that stop coming are given up after ten seconds', async () => {
    await rig.whileServing(async () => {
      const half = postHead('/api/chat', `Content-Length: 200000\r\n${keyed}`) + '{"message":"a';
      expect(await answers(half, 100, 14)).toEqual(new Set(['400']));
    });
  });

  it.each([
    ['their length', 'Content-Length: 10000000000\r\n', Buffer.alloc(0x10000, 0x20)],
    ['nothing', 'Transfer-Encoding: chunked\r\n', CHUNK],
  ])('too large, with %s said, are not read to their end', async (_name, headers, chunk) => {
    await rig.whileServing(async () => {
      const attackers = await Attacker.many('reading', rig.port, 10);
      const sent = await Promise.all(
        attackers.map(async (attacker) => {
          attacker.socket.write(postHead('/api/chat', headers + keyed));
          let bytes = 0;
          while (await attacker.write(chunk)) bytes += chunk.length;
          return bytes;
        }),
      );
      expect(Math.max(...sent)).toBeLessThan(512 * 1024 * 1024);
      for (const { received } of attackers) expect(statusesIn(received)).toEqual(['413']);
    });
  });

  it('compressed are counted as they expand, and as they come', async () => {
    const close = `Connection: close\r\n${keyed}`;
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024, 0x20));
    const nothing = Buffer.concat(Array<Buffer>(30_000).fill(gzipSync('')));
    const zipped = `Content-Encoding: gzip\r\n${close}`;
    await rig.whileServing(async () => {
      expect(await answers(post('/api/chat', bomb, zipped), 20, 20)).toEqual(new Set(['413']));
      const rename = (body: Buffer): Buffer =>
        Buffer.concat([
          Buffer.from(
            `PUT /api/history/x HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${zipped}\r\n`,
          ),
          body,
        ]);
      expect(await answers(rename(nothing), 20, 20)).toEqual(new Set(['413']));
    });
  });

  it('of very many or very deep values cost little', async () => {
    const wide = `{"message":[${'{},'.repeat(43_000)}0]}`;
    const deep = `{"message":${'['.repeat(100_000)}`;
    const many = `{"message":"a","parameters":{"stop":[${'{},'.repeat(19_000)}0]}}`;
    const before = cpuOf(rig.pid);
    await rig.whileServing(async () => {
      for (const body of [wide, deep, many]) {
        const text = post('/api/chat', body, `Connection: close\r\n${keyed}`);
        expect(await answers(text, 30, 20)).toEqual(new Set(['400']));
      }
    });
    expect(cpuOf(rig.pid) - before).toBeLessThan(8_000);
  });
});
