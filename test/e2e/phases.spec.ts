import { FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { startService, type RunningService } from '../support/service.js';
import { describeOnEveryStore, describeOnSharedStores } from '../support/storages.js';
import { StreamReader } from '../support/stream-reader.js';

const PHASES = { stream_options: { phases: true, ids: true } };
const generation = { maxConcurrent: 1 };
const idOf = (reader: StreamReader): string => reader.response.headers.get('X-Generation-Id') ?? '';
const dataOf = (events: { data: unknown }[]) => events.map(({ data }) => data);
const DONE = expect.objectContaining({ done: true });

describeOnEveryStore('phases', (makeStorage) => {
  it('are blocks without a number, each once and in order, with the place in the queue', async () => {
    const ollama = await FakeOllama.start({ name: 'llama2', capabilities: null });
    const storage = await makeStorage();
    const service = await startService(ollama, {
      history: { storage: storage.target },
      generation,
    });
    const stream = (message: string) =>
      StreamReader.post(`${service.url}/api/chat/stream`, { message, ...PHASES });
    const [first, second] = [new Gate(), new Gate()];
    ollama.next(script().wait(first).tokens('a').done());
    ollama.next(script().wait(second).thinking('Hm').thinking('m').tokens('b', 'c').done());
    ollama.next(script().tokens('d').done());

    const running = await stream('one');
    expect(dataOf(await running.take(1))).toEqual([{ phase: 'prompt' }]);
    const next = await stream('two');
    expect(dataOf(await next.take(1))).toEqual([{ phase: 'queued', position: 1 }]);
    const last = await stream('three');
    expect(dataOf(await last.take(1))).toEqual([{ phase: 'queued', position: 2 }]);
    const record = () => getJson(`${service.url}/api/generations/${idOf(last)}`);
    expect((await record()).body).toMatchObject({ status: 'queued', queue_position: 2 });

    first.open();
    expect(dataOf(await running.rest())).toEqual([{ phase: 'generating' }, { token: 'a' }, DONE]);
    expect(dataOf(await last.take(1))).toEqual([{ phase: 'queued', position: 1 }]);
    expect(dataOf(await next.take(1))).toEqual([{ phase: 'prompt' }]);
    second.open();
    const events = await next.rest();
    expect(dataOf(events)).toEqual([
      { phase: 'thinking' },
      { thinking: 'Hm' },
      { thinking: 'm' },
      { phase: 'generating' },
      { token: 'b' },
      { token: 'c' },
      DONE,
    ]);
    expect(events.map(({ id }) => id)).toEqual([null, 1, 2, null, 3, 4, 5]);
    expect(dataOf(await last.rest())).toEqual([
      { phase: 'prompt' },
      { phase: 'generating' },
      { token: 'd' },
      DONE,
    ]);
    expect((await record()).body).toMatchObject({ queue_position: null });

    const replay = await StreamReader.open(
      `${service.url}/api/generations/${idOf(next)}/stream?phases=true`,
    );
    expect(dataOf(await replay.rest())).not.toContainEqual(
      expect.objectContaining({ phase: expect.anything() }),
    );
    ollama.assertNoUnexpected();
    await service.close();
    await storage.dispose();
    await ollama.close();
  });
});

describeOnSharedStores('phases of a generation on another worker', (makeStorage) => {
  it('are shown with the place in its queue, and in order with its events', async () => {
    const ollama = await FakeOllama.start({ name: 'llama2', capabilities: null });
    const storage = await makeStorage();
    const history = { storage: storage.target };
    const here = await startService(ollama, { history, generation });
    const there = await startService(ollama, { history, generation });
    const [first, second] = [new Gate(), new Gate()];
    ollama.next(script().wait(first).tokens('a').done());
    ollama.next(script().thinking('Hm').wait(second).tokens('b').done());
    const running = await StreamReader.post(`${here.url}/api/chat/stream`, {
      message: 'one',
      ...PHASES,
    });
    await running.take(1);
    const waiting = await StreamReader.post(`${here.url}/api/chat/stream`, {
      message: 'two',
      ...PHASES,
      on_disconnect: 'continue',
    });
    await waiting.take(1);
    const url = `${there.url}/api/generations/${idOf(waiting)}`;
    expect((await getJson(url)).body).toMatchObject({ status: 'queued', queue_position: 1 });
    const elsewhere = await StreamReader.open(`${url}/stream?phases=true`);
    expect(dataOf(await elsewhere.take(1))).toEqual([{ phase: 'queued', position: 1 }]);
    first.open();
    const begun = [];
    do begun.push(...dataOf(await elsewhere.take(1)));
    while (!JSON.stringify(begun).includes('thinking":"Hm'));
    second.open();
    const seen = [...begun, ...dataOf(await elsewhere.rest())];
    expect(seen.filter((each) => JSON.stringify(each) !== '{"phase":"prompt"}')).toEqual([
      { phase: 'thinking' },
      { thinking: 'Hm' },
      { phase: 'generating' },
      { token: 'b' },
      DONE,
    ]);
    await Promise.all([here.close(), there.close()]);
    await storage.dispose();
    await ollama.close();
  });
});

describe('a stream with phases', () => {
  let ollama: FakeOllama;
  let service: RunningService;

  beforeAll(async () => {
    ollama = await FakeOllama.start();
    service = await startService(ollama);
  });
  afterAll(async () => {
    await service.close();
    await ollama.close();
  });

  it('that fails before its first event says so in an error block', async () => {
    ollama.next(script().error(500));
    const reader = await StreamReader.post(`${service.url}/api/chat/stream`, {
      message: 'Hi',
      ...PHASES,
    });
    expect(reader.response.status).toBe(200);
    expect(dataOf(await reader.rest())).toEqual([
      { phase: 'prompt' },
      expect.objectContaining({ reason: 'model_unavailable', conversation_id: null }),
    ]);
  });

  it('is refused with a real status where nothing begins', async () => {
    const body = { message: 'Hi', conversation_id: 'unknown', ...PHASES };
    expect((await postJson(`${service.url}/api/chat/stream`, body)).status).toBe(404);
    const url = `${service.url}/api/generations/unknown/stream?phases=maybe`;
    expect((await getJson(url)).status).toBe(400);
  });
});
