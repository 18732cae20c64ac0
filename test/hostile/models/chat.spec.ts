import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { Rig } from '../support/rig.js';
import {
  endless,
  endlessAfter,
  HostileModelServer,
  LAST_LINE,
  LINE,
  type Attack,
} from '../support/hostile-model-server.js';

/** Chats that are attacked at once. */
const CHATS = 12;
/** `OLLAMA_TIMEOUT` of the service, and what may be lost around it. */
const SILENCE_MS = 2_000;
const SLACK_MS = 6_000;
const MIB = 1024 * 1024;

/** What does not need the model server, which is busy with its attack. */
const BYSTANDER = ['/api/health', '/api/history?limit=10', '/api/openapi.json'];

const KILOBYTES = 'x'.repeat(64 * 1024);
const LONG_LINE = `{"message":{"content":"a"},"junk":[${'{},'.repeat(19_000)}0],"done":false}\n`;
const HUGE_LINE = `{"message":{"content":""},"junk":[${'{},'.repeat(300_000)}0],"done":false}\n`;

describe('a model server that attacks who asks it for an answer', () => {
  let models: HostileModelServer;
  let rig: Rig;

  beforeAll(async () => {
    models = await HostileModelServer.start();
    rig = await Rig.start({
      bystander: BYSTANDER.map((path) => ({ path })),
      env: {
        OLLAMA_BASE_URL: models.url,
        OLLAMA_TIMEOUT: String(SILENCE_MS / 1000),
        OLLAMA_RETRIES: '0',
      },
    });
  });
  afterAll(async () => {
    await rig.stop();
    models.close();
  });

  /** Lets all chats run into the attack; their statuses, and what was sent to one at most. */
  async function attacked(attack: Attack) {
    models.chat = attack;
    models.connections.length = 0;
    const statuses = await rig.whileServing(() =>
      Promise.all(Array.from({ length: CHATS }, () => ask(rig.url))),
    );
    await rig.recovered();
    await allClosed();
    return { statuses, sent: Math.max(...models.connections.map(({ sent }) => sent)) };
  }

  /** Fails by the time of a test where one stays open. */
  async function allClosed(): Promise<void> {
    while (models.connections.some(({ open }) => open)) await new Promise(setImmediate);
  }

  it.each<[string, number, number, Attack]>([
    ['a line without an end', 503, 16 * MIB, endless('', `{"message":{"content":"${KILOBYTES}`)],
    [
      'a line without an end, a byte a chunk',
      503,
      64 * MIB,
      async (connection) => {
        await connection.beginChunked();
        await connection.flood('1\r\nx\r\n'.repeat(10_000));
      },
    ],
    [
      'a line without an end, slowly',
      504,
      MIB,
      async (connection) => {
        await connection.begin();
        await connection.trickle('x', 100);
      },
    ],
    ['blank lines without an end', 503, 16 * MIB, endless('', '\n'.repeat(10_000))],
    [
      'lines without text, without an end',
      503,
      64 * MIB,
      endless('', '{"message":{"content":""}}\n'.repeat(1_000)),
    ],
    [
      'headers without an end',
      503,
      16 * MIB,
      endlessAfter('HTTP/1.1 200 OK\r\n', `X-Header: ${'x'.repeat(500)}\r\n`),
    ],
    [
      'one header without an end',
      503,
      16 * MIB,
      endlessAfter('HTTP/1.1 200 OK\r\nX-Header: ', KILOBYTES),
    ],
    [
      'headers without an end, slowly',
      504,
      MIB,
      async (connection) => {
        await connection.send('HTTP/1.1 200 OK\r\n');
        await connection.trickle('X-A: b\r\n', 100);
      },
    ],
    [
      'answers of status 1xx without an end',
      503,
      16 * MIB,
      (connection) => connection.flood('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(50)),
    ],
    [
      'answers of status 1xx without an end, slowly',
      504,
      MIB,
      (connection) => connection.trickle('HTTP/1.1 102 Processing\r\n\r\n', 100),
    ],
    [
      'another protocol',
      503,
      MIB,
      (connection) =>
        connection.send(
          'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
        ),
    ],
    [
      'extensions of a chunk without an end',
      504,
      Infinity,
      async (connection) => {
        await connection.beginChunked();
        await connection.send('1;a=');
        await connection.flood(KILOBYTES);
      },
    ],
    [
      'an error without an end',
      503,
      16 * MIB,
      endlessAfter('HTTP/1.1 500 Oh\r\nConnection: close\r\n\r\n', KILOBYTES),
    ],
    [
      'an error without an end, slowly',
      504,
      MIB,
      async (connection) => {
        await connection.send('HTTP/1.1 400 Oh\r\nConnection: close\r\n\r\n');
        await connection.trickle('x', 100);
      },
    ],
    ['lines that take long to read', 503, 16 * MIB, endless('', HUGE_LINE)],
    ['lines with much beside their text', 503, 16 * MIB, endless('', LONG_LINE)],
    [
      'one deep value',
      503,
      16 * MIB,
      async (connection) => {
        await connection.begin();
        await connection.send(`${'['.repeat(MIB)}\n`);
      },
    ],
  ])('%s: %d', async (_, status, most, attack) => {
    const { statuses, sent } = await attacked(attack);
    expect(statuses).toEqual(Array(CHATS).fill(status));
    expect(sent).toBeLessThan(most);
  });

  it.each<[string, Attack]>([
    ['more lines', endless(LINE + LAST_LINE, LINE.repeat(100))],
    [
      'trailers without an end',
      async (connection) => {
        await connection.beginChunked();
        const body = LINE + LAST_LINE;
        await connection.send(`${body.length.toString(16)}\r\n${body}\r\n0\r\n`);
        await connection.flood(`X-Trailer: ${'x'.repeat(500)}\r\n`);
      },
    ],
    [
      'a second answer that nobody asked for',
      async (connection) => {
        const body = LINE + LAST_LINE;
        const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
        await connection.send(answer + answer);
      },
    ],
  ])('%s after the end of the answer: the answer, and nothing after it', async (_, attack) => {
    const { statuses } = await attacked(attack);
    expect(statuses).toEqual(Array(CHATS).fill(200));
  });
});

/** The status of one chat with `evil`, on a connection of its own. */
async function ask(url: string, signal?: AbortSignal): Promise<number> {
  const begun = performance.now();
  const asked = request(`${url}/api/chat`, {
    method: 'POST',
    agent: false,
    headers: { 'Content-Type': 'application/json' },
    signal: signal ?? AbortSignal.timeout(60_000),
  });
  asked.end(JSON.stringify({ message: 'Good day', model: 'evil' }));
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  await once(response.resume(), 'end');
  expect(performance.now() - begun).toBeLessThan(SILENCE_MS + SLACK_MS);
  return response.statusCode ?? 0;
}
