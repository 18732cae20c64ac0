import { randomUUID } from 'node:crypto';
import { answer, FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson, sendJson } from '../support/http-client.js';
import { dataUrl, freshPng } from '../support/pictures.js';
import { startService, type RunningService } from '../support/service.js';
import {
  describeOnDurableStores,
  describeOnEveryStore,
  describeOnSharedStores,
  type TestStorage,
} from '../support/storages.js';

const MODEL = { name: 'able', capabilities: ['completion', 'vision', 'tools'] };
const TOOLS = [{ type: 'function', function: { name: 'look' } }];
const ASYNC = { Prefer: 'respond-async' };

const chat = (service: RunningService, body: object, headers = {}) =>
  postJson(`${service.url}/api/chat`, { model: MODEL.name, ...body }, headers);
const generation = async (service: RunningService, id: string, headers = {}) =>
  (await getJson(`${service.url}/api/generations/${id}`, headers)).body;
const messagesOf = async (service: RunningService, id: string) =>
  (await getJson(`${service.url}/api/history/${id}`)).body.messages;

describeOnEveryStore('the message that a generation answers', (makeStorage) => {
  let ollama: FakeOllama;
  let storage: TestStorage;
  let service: RunningService;

  beforeAll(async () => {
    ollama = await FakeOllama.start(MODEL);
    storage = await makeStorage();
    const history = { storage: storage.target, maxConversations: 0 };
    service = await startService(ollama, { history, api: { trustProxy: 1 } });
  });
  afterEach(() => ollama.assertNoUnexpected());
  afterAll(async () => {
    await service.close();
    await storage.dispose();
    await ollama.close();
  });

  const cancel = (id: string) => postJson(`${service.url}/api/generations/${id}/cancel`);
  const started = async (body: object) => (await chat(service, body, ASYNC)).body;
  const message = async (id: string) => (await generation(service, id)).message;
  const plain = (content: string) => ({ content, images: null });
  const ended = async (id: string): Promise<void> => {
    const response = await fetch(`${service.url}/api/generations/${id}/stream`);
    await response.text();
  };

  it('is there before the history has it, and stays', async () => {
    const [before, after] = [new Gate(), new Gate()];
    ollama.next(script().wait(before).token('a').wait(after).done());
    const begun = await started({ message: 'What?', system: 'Be brief' });
    expect(begun).toMatchObject({ phase: 'prompt', message: plain('What?') });
    const path = `${service.url}/api/history/${begun.conversation_id}`;
    expect((await getJson(path)).status).toBe(404);
    expect(await message(begun.id)).toEqual(plain('What?'));
    before.open();
    const reader = await fetch(`${service.url}/api/generations/${begun.id}/stream`);
    await reader.body?.getReader().read();
    expect(await generation(service, begun.id)).toMatchObject({
      response: 'a',
      message: plain('What?'),
    });
    after.open();
    await ended(begun.id);
    expect(await message(begun.id)).toEqual(plain('What?'));
    expect((await messagesOf(service, begun.conversation_id))[1].content).toBe('What?');
  });

  it('has its images, as the history shows them', async () => {
    const gate = new Gate();
    ollama.next(script().wait(gate).token('a').done());
    const data = freshPng();
    const begun = await started({ images: [dataUrl(data)] });
    const { images } = await message(begun.id);
    gate.open();
    await ended(begun.id);
    const [question] = await messagesOf(service, begun.conversation_id);
    expect(images).toEqual(question.images);
    expect(await message(begun.id)).toEqual({ content: '', images: question.images });
    const bytes = await (await fetch(`${service.url}${images[0].url}`)).arrayBuffer();
    expect(Buffer.from(bytes).equals(data)).toBe(true);
    const behind = await generation(service, begun.id, { 'X-Forwarded-Prefix': '/chat' });
    expect(behind.message.images[0].url).toBe(`/chat${images[0].url}`);
  });

  it('is the one that is answered again, also while the old answer stands', async () => {
    ollama.next(answer('One')).next(answer('Two'));
    const { conversation_id } = (await chat(service, { message: 'First' })).body;
    await chat(service, { message: 'Second', conversation_id });
    const gate = new Gate();
    ollama.next(script().wait(gate).token('Three').done());
    const begun = await started({ regenerate: true, conversation_id });
    expect(await message(begun.id)).toEqual(plain('Second'));
    gate.open();
    await ended(begun.id);
    expect(await message(begun.id)).toEqual(plain('Second'));
  });

  it('is that of its own turn, whatever came later', async () => {
    ollama.next(answer('One')).next(answer('Two'));
    const first = (await chat(service, { message: 'First' })).body;
    const { conversation_id } = first;
    await chat(service, { message: 'Second', conversation_id });
    expect(await message(first.generation_id)).toEqual(plain('First'));
  });

  it('is the question before the calls, where results of tools are answered', async () => {
    const calls = Array.from({ length: 40 }, (_, index) => ({
      id: `c${index}`,
      name: 'look',
      arguments: {},
    }));
    ollama.next(
      script()
        .calls(...calls)
        .done(),
    );
    const { conversation_id } = (await chat(service, { message: 'Look', tools: TOOLS })).body;
    const gate = new Gate();
    ollama.next(script().wait(gate).token('Seen').done());
    const begun = await started({
      conversation_id,
      tools: TOOLS,
      tool_results: calls.map(({ id }) => ({ tool_call_id: id, content: 'a' })),
    });
    expect(await message(begun.id)).toEqual(plain('Look'));
    gate.open();
    await ended(begun.id);
    expect(await message(begun.id)).toEqual(plain('Look'));
  });

  it('is kept with an answer that was cancelled before its first token', async () => {
    const gate = new Gate();
    ollama.next(script().wait(gate).done());
    const begun = await started({ message: 'Stop' });
    await cancel(begun.id);
    expect(await generation(service, begun.id)).toMatchObject({
      status: 'cancelled',
      message: plain('Stop'),
    });
    gate.open();
  });

  it('is none where nothing was kept, or it was deleted', async () => {
    ollama.next(answer('One')).next(script().error(500)).next(answer('Two'));
    const { conversation_id, generation_id } = (await chat(service, { message: 'First' })).body;
    const failing = randomUUID();
    await chat(service, { message: 'Second', conversation_id, generation_id: failing });
    expect(await generation(service, failing)).toMatchObject({ status: 'failed', message: null });
    await sendJson('DELETE', `${service.url}/api/history/${conversation_id}`);
    expect(await message(generation_id)).toBeNull();

    const gate = new Gate();
    ollama.next(script().wait(gate).done());
    const begun = await started({ message: 'Third' });
    await sendJson('DELETE', `${service.url}/api/history/${begun.conversation_id}`);
    expect(await message(begun.id)).toBeNull();
    gate.open();
  });
});

describeOnSharedStores('the message that another worker answers', (makeStorage) => {
  it('is shown from the beginning on', async () => {
    const ollama = await FakeOllama.start(MODEL);
    const storage = await makeStorage();
    const history = { storage: storage.target };
    const [here, there] = [
      await startService(ollama, { history }),
      await startService(ollama, { history }),
    ];
    const gate = new Gate();
    ollama.next(script().wait(gate).token('a').done());
    const body = { message: 'What?', images: [dataUrl(freshPng())] };
    const { id, message } = (await chat(here, body, ASYNC)).body;
    expect(message).toMatchObject({ content: 'What?', images: [{ media_type: 'image/png' }] });
    expect((await generation(there, id)).message).toEqual(message);
    gate.open();
    await (await fetch(`${there.url}/api/generations/${id}/stream`)).text();
    expect((await generation(there, id)).message).toEqual(message);
    await here.close();
    await there.close();
    await storage.dispose();
    await ollama.close();
  });
});

describeOnDurableStores('the message that a generation answered', (makeStorage) => {
  it('is there after a restart', async () => {
    const ollama = await FakeOllama.start(MODEL);
    const storage = await makeStorage();
    const history = { storage: storage.target };
    const before = await startService(ollama, { history });
    ollama.next(answer('One'));
    const body = { message: 'What?', images: [dataUrl(freshPng())] };
    const { generation_id } = (await chat(before, body)).body;
    const { message } = await generation(before, generation_id);
    expect(message).toMatchObject({ content: 'What?', images: [{ media_type: 'image/png' }] });
    await before.close();
    const after = await startService(ollama, { history });
    expect((await generation(after, generation_id)).message).toEqual(message);
    await after.close();
    await storage.dispose();
    await ollama.close();
  });
});
