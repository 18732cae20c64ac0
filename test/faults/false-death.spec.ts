import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceProcess } from '../support/service-process.js';
import {
  describeOnPostgres,
  describeOnSharedStores,
  type TestStorage,
} from '../support/storages.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { ask } from './loop/wire.js';
import { onOtherHost, Talks, type Talk } from './recovery/talks.js';

const LONG_MS = 5 * 60_000;
const CLOCK = new URL('../support/jumping-clock.mjs', import.meta.url).href;
/** Longer than anybody needs who took a worker for dead, to end what it runs. */
const NOTICED_MS = 20_000;

let talks: Talks;
beforeEach(async () => {
  talks = await Talks.start();
});
afterEach(() => talks.end());

/** The streams go on to their end, which is the whole answer. */
async function expectAllWhole(running: Talk[]): Promise<void> {
  talks.gate.open();
  for (const { terminal } of await Promise.all(running.map(({ reading }) => reading)))
    expect(terminal).toMatchObject({ done: true, finish_reason: 'stop' });
}

/** Chats one after the other at these services until it is told to stop. */
function load(...services: ServiceProcess[]): () => Promise<void> {
  let stopped = false;
  const working = services.flatMap((service) =>
    [1, 2, 3, 4].map(async () => {
      while (!stopped) await ask('POST', `${service.url}/api/chat`, { message: 'Next' });
    }),
  );
  return async () => {
    stopped = true;
    await Promise.all(working);
  };
}

async function standStill(service: ServiceProcess, ms: number): Promise<void> {
  service.kill('SIGSTOP');
  await delay(ms);
  service.kill('SIGCONT');
}

describeOnSharedStores('a process that stands still for 2 s under load', (makeStorage) => {
  let storage: TestStorage;
  beforeAll(async () => (storage = await makeStorage()));
  afterAll(() => storage.dispose());

  it.each([
    ['on the same host', () => ({})],
    ['on another host', onOtherHost],
  ])(
    'is not dead, again and again (%s)',
    async (_where, place) => {
      const still = await talks.serve(storage.env, place());
      const other = await talks.serve(storage.env);
      const running = await Promise.all(
        [still, other, still].map((service) => talks.begin(service)),
      );
      const stop = load(still, other);
      for (let times = 0; times < 5; times += 1) {
        await standStill(still, 2_000);
        await delay(Math.random() * 1_500);
      }
      await stop();
      await expectAllWhole(running);
    },
    LONG_MS,
  );
});

describeOnPostgres('a database that is away for 10 s', (makeStorage) => {
  let storage: TestStorage;
  let proxies: TcpProxy[];
  beforeEach(async () => {
    storage = await makeStorage();
    proxies = [];
  });
  afterEach(async () => {
    await talks.end();
    for (const proxy of proxies) proxy.close();
    await storage.dispose();
  });

  async function proxied(): Promise<{ proxy: TcpProxy; env: Record<string, string> }> {
    const proxy = await TcpProxy.before(storage.env['HISTORY_DB_URL'] ?? '');
    proxies.push(proxy);
    return { proxy, env: { ...storage.env, HISTORY_DB_URL: proxy.url } };
  }

  const AWAY: [string, (proxy: TcpProxy) => void, (proxy: TcpProxy) => Promise<void>][] = [
    ['is refused', (proxy) => proxy.close(), (proxy) => proxy.accept()],
    ['does not answer', (proxy) => proxy.stall(), async (proxy) => proxy.flow()],
  ];

  describe.each(AWAY)('and %s', (_how, leave, comeBack) => {
    it(
      'for all nodes lets nobody be taken for dead',
      async () => {
        const { proxy, env } = await proxied();
        const nodes = [
          await talks.serve(env, onOtherHost()),
          await talks.serve(env, onOtherHost()),
        ];
        const running = await Promise.all(nodes.map((node) => talks.begin(node)));
        leave(proxy);
        await delay(10_000);
        await comeBack(proxy);
        await delay(NOTICED_MS);
        await expectAllWhole(running);
      },
      LONG_MS,
    );

    it(
      'for one alone lets it not be taken for dead by another process of its host',
      async () => {
        const { proxy, env } = await proxied();
        const alone = await talks.serve(env);
        await talks.serve(storage.env);
        const running = [await talks.begin(alone)];
        leave(proxy);
        await delay(10_000);
        await comeBack(proxy);
        await delay(NOTICED_MS);
        await expectAllWhole(running);
      },
      LONG_MS,
    );
  });

  it(
    'for one alone on another host lets it be taken for dead, and its readers are told',
    async () => {
      const { proxy, env } = await proxied();
      const alone = await talks.serve(env, onOtherHost());
      const other = await talks.serve(storage.env, onOtherHost());
      const talk = await talks.begin(alone);
      const lost = performance.now();
      proxy.close();
      expect((await talks.freed(other, talk)) - lost).toBeLessThan(6_000);
      await proxy.accept();
      talks.gate.open();
      const { terminal } = await talk.reading;
      expect(terminal).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    },
    LONG_MS,
  );
});

describeOnSharedStores('a process whose clock jumps by an hour and back', (makeStorage) => {
  let storage: TestStorage;
  beforeAll(async () => (storage = await makeStorage()));
  afterAll(() => storage.dispose());

  it(
    'is not dead, and takes nobody for dead',
    async () => {
      const jumping = await talks.serve(storage.env, { NODE_OPTIONS: `--import ${CLOCK}` });
      const other = await talks.serve(storage.env, onOtherHost());
      const running = [await talks.begin(jumping), await talks.begin(other)];
      for (let jumps = 0; jumps < 4; jumps += 1) {
        jumping.kill('SIGUSR2');
        await delay(5_000);
      }
      await expectAllWhole(running);
    },
    LONG_MS,
  );
});
