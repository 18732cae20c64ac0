import { answer, FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { ServiceProcess } from '../support/service-process.js';
import { describeOnDurableStores, type TestStorage } from '../support/storages.js';
import { StreamReader, textOf } from '../support/stream-reader.js';
import { dataIsSound } from './checks/data.js';
import { told } from './network/rig.js';

/** A process that stands still for long (a paused machine, a full swap) is as good as dead, until it is not. */
describeOnDurableStores('a worker that was taken for dead and goes on', (makeStorage) => {
  let ollama: FakeOllama;
  let storage: TestStorage;
  const started: ServiceProcess[] = [];

  beforeAll(async () => {
    ollama = await FakeOllama.start();
    storage = await makeStorage();
  });
  afterAll(async () => {
    for (const service of started) {
      service.kill('SIGCONT');
      await service.remove();
    }
    await storage.dispose();
    await ollama.close();
  });

  async function start(): Promise<ServiceProcess> {
    const env = { OLLAMA_BASE_URL: ollama.baseUrl, RATE_LIMIT_ENABLED: 'false', ...storage.env };
    const service = await ServiceProcess.start(env);
    started.push(service);
    return service;
  }

  it('writes nothing any more, and tells its readers', async () => {
    const paused = await start();
    const gate = new Gate();
    ollama.next(script().tokens('a', 'b').wait(gate).tokens('c', 'd').done());
    const reader = await StreamReader.post(`${paused.url}/api/chat/stream`, { message: 'Hi' });
    await reader.take(2);
    const id = reader.response.headers.get('X-Generation-Id') ?? '';
    const conversation = `/api/history/${reader.response.headers.get('X-Conversation-Id') ?? ''}`;
    // One that shares the store may live beside it; a folder is taken over.
    const early = storage.target.kind === 'file' ? null : await start();
    paused.kill('SIGSTOP');
    const other = early ?? (await start());

    for (;;) {
      const { body } = await getJson(`${other.url}/api/generations/${id}`);
      if (body.status === 'failed') break;
      expect(body.status).toBe('running');
    }
    ollama.next(answer('meanwhile'));
    const [conversation_id] = conversation.split('/').slice(-1);
    const next = await postJson(`${other.url}/api/chat`, {
      message: 'Still there?',
      conversation_id,
    });
    expect(next.body.response).toBe('meanwhile');
    const before = (await getJson(other.url + conversation)).body;

    gate.open();
    paused.kill('SIGCONT');
    const events = await reader.rest();
    expect(textOf(events)).toBe('cd'.slice(0, textOf(events).length));
    expect(events.at(-1)?.data).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    const after = (await getJson(other.url + conversation)).body;
    expect(after).toEqual(before);
    expect(told(after).slice(2)).toEqual([
      'user complete: Still there?',
      'assistant complete: meanwhile',
    ]);
    expect('ab'.startsWith(after.messages[1].content)).toBe(true);
    expect(await dataIsSound(storage.target)).toEqual([]);
  });
});
