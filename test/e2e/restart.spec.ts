import { answer, FakeOllama } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { ServiceProcess } from '../support/service-process.js';
import { describeOnDurableStores, type TestStorage } from '../support/storages.js';

describeOnDurableStores('a conversation over kills of the process', (makeStorage) => {
  let ollama: FakeOllama;
  let storage: TestStorage;
  let service: ServiceProcess;
  const started: ServiceProcess[] = [];

  beforeAll(async () => {
    ollama = await FakeOllama.start();
    storage = await makeStorage();
  });
  afterAll(async () => {
    for (const process of started) await process.remove();
    await storage.dispose();
    await ollama.close();
  });

  const start = async (): Promise<void> => {
    service = await ServiceProcess.start({ OLLAMA_BASE_URL: ollama.baseUrl, ...storage.env });
    started.push(service);
  };
  const killAndStart = async (): Promise<void> => {
    await service.remove();
    await start();
  };

  it('goes on where it was', async () => {
    ollama.next(answer('Hello Ada')).next(answer('Yes')).next(answer('You are Ada'));
    await start();
    const first = await postJson(`${service.url}/api/chat`, { message: 'I am Ada' });
    expect(first.status).toBe(200);
    const { conversation_id } = first.body;
    for (const message of ['Do you hear me?', 'Who am I?']) {
      await killAndStart();
      const next = await postJson(`${service.url}/api/chat`, { message, conversation_id });
      expect(next.status).toBe(200);
    }
    expect(ollama.chats.at(-1)?.body.messages).toEqual([
      { role: 'user', content: 'I am Ada' },
      { role: 'assistant', content: 'Hello Ada' },
      { role: 'user', content: 'Do you hear me?' },
      { role: 'assistant', content: 'Yes' },
      { role: 'user', content: 'Who am I?' },
    ]);
    await killAndStart();
    const { body } = await getJson(`${service.url}/api/history/${conversation_id}`);
    expect(body.message_count).toBe(6);
    expect(body.messages.at(-1)).toMatchObject({ content: 'You are Ada', status: 'complete' });
  });
});
