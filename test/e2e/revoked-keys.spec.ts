import { FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson } from '../support/http-client.js';
import { keysCommand, makeKey } from '../support/keys.js';
import { ServiceProcess } from '../support/service-process.js';
import { describeOnSharedStores, type TestStorage } from '../support/storages.js';
import { StreamReader, textOf } from '../support/stream-reader.js';

const STREAMS = 6;

describeOnSharedStores('a key that is revoked while two workers serve it', (make) => {
  let ollama: FakeOllama;
  let storage: TestStorage;
  let service: ServiceProcess;
  beforeEach(async () => {
    ollama = await FakeOllama.start();
    storage = await make();
    service = await ServiceProcess.start({
      OLLAMA_BASE_URL: ollama.baseUrl,
      API_WORKERS: '2',
      RATE_LIMIT_ENABLED: 'false',
      ...storage.env,
    });
  });
  afterEach(async () => {
    await service.remove();
    await storage.dispose();
    await ollama.close();
  });

  /** On a connection of its own, so that it may be either worker's. */
  const alone = (key: Record<string, string>) => ({ ...key, Connection: 'close' });
  const idOf = ({ response }: StreamReader) => response.headers.get('X-Generation-Id') ?? '';
  /** The generation's record once it has ended; the test's time limit ends the waiting. */
  const endOf = async (id: string, headers: Record<string, string>): Promise<unknown> => {
    for (;;) {
      const { body } = await getJson(`${service.url}/api/generations/${id}`, headers);
      if ((body as { status: string }).status !== 'running') return body;
    }
  };

  it('ends its generations and its readers on both, and nothing of the owner’s other key', async () => {
    const lost = alone(await makeKey(storage, 'lost', '--owner', 'team'));
    const kept = alone(await makeKey(storage, 'kept', '--owner', 'team'));
    const gate = new Gate();
    ollama.always(script().tokens('a').wait(gate).tokens('b').done());
    const chat = (key: Record<string, string>) =>
      StreamReader.post(`${service.url}/api/chat/stream`, { message: 'Hi' }, key);
    const follow = (id: string, headers: Record<string, string>) =>
      StreamReader.open(`${service.url}/api/generations/${id}/stream`, { headers });
    const times = Array.from({ length: STREAMS });
    const started = await Promise.all(times.map(() => chat(lost)));
    const others = await Promise.all(times.map(() => chat(kept)));
    for (const reader of [...started, ...others]) await reader.take(1);
    const reading = await Promise.all(others.map((other) => follow(idOf(other), lost)));
    const feeds = await Promise.all(
      times.map(() => StreamReader.open(`${service.url}/api/events`, { headers: lost })),
    );
    for (const reader of [...reading, ...feeds]) await reader.take(1);

    await keysCommand(storage, 'revoke', 'lost');
    const revoked = { code: 'UNAUTHORIZED', reason: 'key_revoked' };
    for (const reader of [...started, ...reading, ...feeds])
      expect((await reader.rest()).at(-1)?.data).toMatchObject(revoked);
    // Its readers are ended at once, before the generation's own end is stored.
    for (const reader of started)
      expect(await endOf(idOf(reader), kept)).toMatchObject({ status: 'cancelled', response: 'a' });
    for (const _ of times)
      expect((await getJson(`${service.url}/api/history`, lost)).body).toMatchObject(revoked);
    gate.open();
    for (const reader of others) expect(textOf(await reader.rest())).toBe('b');

    const count = started.length + reading.length + feeds.length;
    const served = await service.loggedTimes('Request served', count);
    const workers = served.filter(({ reason }) => reason === undefined).map(({ worker }) => worker);
    expect(new Set(workers)).toEqual(new Set([1, 2]));
  });
});
