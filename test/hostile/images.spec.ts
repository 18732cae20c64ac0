import { answer, FakeOllama } from '../support/fake-ollama.js';
import { dataUrl, freshPng } from '../support/pictures.js';
import { memoryOf } from './support/process-facts.js';
import { Rig } from './support/rig.js';
import { Attacker, get, post, statusesIn } from './support/sockets.js';

/** Not a chat: the model server of this test reads hundreds of megabytes in its own process. */
const BYSTANDER = [{ path: '/api/health' }, { path: '/api/history?limit=10' }];
const LARGEST = { bytes: 10_000_000, width: 10_000, height: 5_000 };
/** More than may be in memory at once, each of a hundred megabytes. */
const CLIENTS = 8;
/** Two bodies at once, with what is decoded of them and goes out to the model, and was not collected yet. */
const MOST_MIB = 1_800;

describe('images', () => {
  let ollama: FakeOllama;
  let rig: Rig;

  beforeAll(async () => {
    ollama = await FakeOllama.start({
      name: 'llama2',
      capabilities: ['completion', 'vision'],
      contextLength: 32_768,
    });
    ollama.always(answer('A', ' cat'));
    rig = await Rig.start({
      env: {
        OLLAMA_BASE_URL: ollama.baseUrl,
        OLLAMA_NUM_CTX: '32768',
        HISTORY_STORAGE_TYPE: 'database',
        STREAM_STALL_TIMEOUT: '5',
      },
      bystander: BYSTANDER,
    });
  });
  afterAll(async () => {
    await rig.stop();
    await ollama.close();
  });
  afterEach(async () => {
    ollama.requests.length = 0;
    await rig.recovered();
  });

  /** Sends each body on a connection of its own; the statuses, once all are answered. */
  async function statusesOf(bodies: readonly (string | Buffer)[]): Promise<string[]> {
    const attackers = await Attacker.many('reading', rig.port, bodies.length);
    await Promise.all(
      attackers.map(async (attacker, index) => {
        const close = 'Connection: close\r\n';
        attacker.socket.write(post('/api/chat', bodies[index] ?? '', close));
        await attacker.closed;
      }),
    );
    return attackers.flatMap(({ received }) => statusesIn(received));
  }

  const withImages = (images: unknown[]): string => JSON.stringify({ message: 'Hi', images });

  it('eight of the largest size, from several clients at once, are taken', async () => {
    const images = Array.from({ length: 8 }, () => dataUrl(freshPng(LARGEST)));
    const body = Buffer.from(withImages(images));
    const bodies = Array.from({ length: CLIENTS }, () => body);
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, memoryOf(rig.pid))), 50);
    await rig.whileServing(async () => {
      expect(await statusesOf(bodies)).toEqual(bodies.map(() => '200'));
    });
    clearInterval(watch);
    expect(most).toBeLessThan(MOST_MIB);
  }, 300_000);

  it('that are none are refused, however large the body is', async () => {
    const long = 'A'.repeat(13_000_000);
    const wrong = [
      withImages(Array.from({ length: 8 }, () => `data:image/png;base64,${long}`)),
      withImages(Array.from({ length: 8 }, () => `${dataUrl(freshPng())}${long}`)),
      withImages([dataUrl(freshPng({ width: 2 ** 31, height: 2 ** 31, bytes: 9_000_000 }))]),
      withImages(Array.from({ length: 9 }, () => dataUrl(freshPng()))),
      withImages([dataUrl(freshPng({ bytes: 40_000_000 }))]),
    ];
    await rig.whileServing(async () => {
      expect(new Set(await statusesOf(wrong))).toEqual(new Set(['400']));
    });
    expect(ollama.chats).toHaveLength(0);
  }, 300_000);

  it('do not let anything else be as large', async () => {
    const long = 'A'.repeat(20_000_000);
    const large = [
      JSON.stringify({ message: long }),
      JSON.stringify({ images: [`${long}\n`] }),
      JSON.stringify({ images: Array.from({ length: 5_000 }, () => long.slice(0, 4_000)) }),
      `{"images":["${'\\n'.repeat(30_000_000)}"]}`,
      `{"message":"${'\\"'.repeat(30_000_000)}"}`,
      `[${'"",'.repeat(20_000_000)}""]`,
      '['.repeat(20_000_000),
      `{"images":[${' '.repeat(20_000_000)}]}`,
    ];
    await rig.whileServing(async () => {
      expect(new Set(await statusesOf(large))).toEqual(new Set(['413']));
    });
  }, 300_000);

  it('are not held in memory for those who do not read them', async () => {
    const data = freshPng(LARGEST);
    const response = await fetch(`${rig.url}/api/chat`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: withImages([dataUrl(data)]),
    });
    const { conversation_id: id } = (await response.json()) as { conversation_id: string };
    const history = await fetch(`${rig.url}/api/history/${id}`);
    const { messages } = (await history.json()) as { messages: { images: { url: string }[] }[] };
    const url = messages[0]?.images[0]?.url ?? '';
    const before = memoryOf(rig.pid);
    await rig.whileServing(async () => {
      const attackers = await Attacker.many('mute', rig.port, 100);
      for (const attacker of attackers) attacker.socket.write(get(url));
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      expect(memoryOf(rig.pid) - before).toBeLessThan(400);
      for (const attacker of attackers) attacker.leave();
    });
  }, 300_000);
});
