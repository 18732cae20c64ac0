import { answer, FakeOllama, script } from '../support/fake-ollama.js';
import { getJson, postJson, sendJson } from '../support/http-client.js';
import { startService, type RunningService } from '../support/service.js';
import { describeOnDurableStores, type TestStorage } from '../support/storages.js';
import { StreamReader } from '../support/stream-reader.js';

describeOnDurableStores('what was said in a deleted conversation', (makeStorage) => {
  let ollama: FakeOllama;
  let storage: TestStorage;
  let service: RunningService;

  beforeAll(async () => {
    ollama = await FakeOllama.start();
    storage = await makeStorage();
    await start();
  });
  afterAll(async () => {
    await service.close();
    await storage.dispose();
    await ollama.close();
  });

  async function start(): Promise<void> {
    const history = { storage: storage.target, maxConversations: 0 };
    service = await startService(ollama, { history });
  }
  async function restart(): Promise<void> {
    await service.close();
    await start();
  }
  const remove = (id: string) => sendJson('DELETE', `${service.url}/api/history/${id}`);
  const replay = (id: string) => StreamReader.open(`${service.url}/api/generations/${id}/stream`);

  it('cannot be read through its generations either', async () => {
    ollama.next(answer('a', ' secret'));
    const { body } = await postJson(`${service.url}/api/chat`, { message: 'Hi' });
    const generation = `${service.url}/api/generations/${body.generation_id}`;
    expect((await getJson(generation)).body.response).toBe('a secret');
    expect((await remove(body.conversation_id)).status).toBe(200);
    expect((await getJson(`${generation}/stream`)).status).toBe(404);
    expect((await getJson(generation)).body).toMatchObject({ status: 'completed', response: '' });
  });

  it('ends for who reads it again as for who read it then', async () => {
    ollama.next(script().tokens('a', 'b').hang());
    const first = await StreamReader.post(`${service.url}/api/chat/stream`, {
      message: 'Hi',
      stream_options: { ids: true },
    });
    await first.take(2);
    const id = first.response.headers.get('X-Generation-Id') ?? '';
    await remove(first.response.headers.get('X-Conversation-Id') ?? '');
    expect((await first.rest())[0]?.data).toMatchObject({ reason: 'conversation_deleted' });
    for (const again of [async () => undefined, restart]) {
      await again();
      const reader = await replay(id);
      await reader.rest();
      expect(reader.raw).toBe(first.raw);
    }
  });
});
