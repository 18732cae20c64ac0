import { answer, FakeOllama, script } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { startService, type RunningService } from '../support/service.js';
import { describeOnEveryStore, type TestStorage } from '../support/storages.js';
import { StreamReader } from '../support/stream-reader.js';

describeOnEveryStore('HISTORY_MAX_CONVERSATIONS', (makeStorage) => {
  let ollama: FakeOllama;
  let storage: TestStorage;
  let service: RunningService;

  beforeAll(async () => {
    ollama = await FakeOllama.start();
    storage = await makeStorage();
    service = await startService(ollama, {
      history: { storage: storage.target, maxConversations: 3 },
    });
  });
  afterAll(async () => {
    await service.close();
    await storage.dispose();
    await ollama.close();
  });

  const open = async (message: string): Promise<string> => {
    ollama.next(answer('ok'));
    return (await postJson(`${service.url}/api/chat`, { message })).body.conversation_id;
  };
  const titles = async (): Promise<string[]> => {
    const { body } = await getJson(`${service.url}/api/history`);
    return body.conversations.map(({ title }: { title: string }) => title);
  };

  it('removes the least recently updated one, but none that is being answered', async () => {
    ollama.next(script().tokens('a').hang());
    const running = await StreamReader.post(`${service.url}/api/chat/stream`, { message: 'run' });
    await running.take(1);
    const second = await open('two');
    await open('three');
    ollama.next(answer('ok'));
    await postJson(`${service.url}/api/chat`, { message: 'again', conversation_id: second });
    await open('four');
    expect(await titles()).toEqual(['four', 'two', 'run']);
    expect(service.log.of('The oldest conversation was removed to make room')).toHaveLength(1);
    running.leave();
  });

  it('makes room for one that was cancelled before its first token as well', async () => {
    ollama.next(script().hang());
    const id = '55555555-2222-4333-8444-555555555555';
    const chats = ollama.chats.length;
    const pending = postJson(`${service.url}/api/chat`, { message: 'five', generation_id: id });
    await ollama.chat(chats);
    await postJson(`${service.url}/api/generations/${id}/cancel`);
    await pending;
    expect(await titles()).toHaveLength(3);
    expect(await titles()).toContain('five');
  });
});
