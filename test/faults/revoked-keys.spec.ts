import { setTimeout as delay } from 'node:timers/promises';
import { FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson } from '../support/http-client.js';
import { keysCommand, makeKey } from '../support/keys.js';
import { ServiceProcess } from '../support/service-process.js';
import { describeOnSharedStores, type TestStorage } from '../support/storages.js';
import { StreamReader } from '../support/stream-reader.js';

/** From the end of the command on. */
const WITHIN_MS = 1_000;
/** The machine may be busy with other tests: the time of the test's own reading. */
const SLACK_MS = 250;
const PAUSE_MS = 3_000;

describeOnSharedStores('a revoked key, two nodes on one store', (make) => {
  let ollama: FakeOllama;
  let storage: TestStorage;
  let nodes: ServiceProcess[];
  beforeEach(async () => {
    ollama = await FakeOllama.start();
    storage = await make();
    const env = { OLLAMA_BASE_URL: ollama.baseUrl, RATE_LIMIT_ENABLED: 'false', ...storage.env };
    nodes = [await ServiceProcess.start(env), await ServiceProcess.start(env)];
  });
  afterEach(async () => {
    for (const node of nodes) await node.remove();
    await storage.dispose();
    await ollama.close();
  });

  it('ends all streams and requests within a second', async () => {
    const key = await makeKey(storage, 'lost');
    ollama.always(script().tokens('a').wait(new Gate()).done());
    const readers = await Promise.all(
      nodes.map(({ url }) => StreamReader.post(`${url}/api/chat/stream`, { message: 'Hi' }, key)),
    );
    for (const reader of readers) await reader.take(1);
    const stopped = new AbortController();
    const passed = nodes.map(async ({ url }) => {
      let last = 0;
      while (!stopped.signal.aborted)
        if ((await getJson(`${url}/api/history`, key)).status === 200) last = performance.now();
      return last;
    });
    await keysCommand(storage, 'revoke', 'lost');
    const revokedAt = performance.now();
    const ends = await Promise.all(readers.map((reader) => reader.rest()));
    const endedMs = performance.now() - revokedAt;
    await delay(WITHIN_MS);
    stopped.abort();
    for (const events of ends) expect(events.at(-1)?.data.reason).toBe('key_revoked');
    expect(endedMs).toBeLessThan(WITHIN_MS + SLACK_MS);
    for (const last of await Promise.all(passed))
      expect(last - revokedAt).toBeLessThan(WITHIN_MS + SLACK_MS);
  });

  it('passes no request of a process that stood still meanwhile', async () => {
    const key = await makeKey(storage, 'lost');
    const [node] = nodes;
    if (!node) throw new Error('No node');
    expect((await getJson(`${node.url}/api/history`, key)).status).toBe(200);
    node.kill('SIGSTOP');
    await keysCommand(storage, 'revoke', 'lost');
    const asked = Array.from({ length: 20 }, () =>
      getJson(`${node.url}/api/history`, { ...key, Connection: 'close' }),
    );
    await delay(PAUSE_MS);
    node.kill('SIGCONT');
    for (const { status, body } of await Promise.all(asked))
      expect([status, body.reason]).toEqual([401, 'key_revoked']);
  });
});
