import { randomUUID } from 'node:crypto';
import { DEFAULT_OWNER } from '../../src/domain/owner.js';
import { runCommand } from '../support/command.js';
import { answer, FakeOllama, script } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { startService, type RunningService } from '../support/service.js';
import { describeOnDurableStores, describeOnSharedStores } from '../support/storages.js';
import { storedPlacesOf } from '../support/stored-text.js';
import type { TestStorage } from '../support/storages.js';
import { StreamReader } from '../support/stream-reader.js';

interface Stage {
  ollama: FakeOllama;
  storage: TestStorage;
  service: RunningService;
}

async function staged(make: () => Promise<TestStorage>): Promise<Stage> {
  const ollama = await FakeOllama.start();
  const storage = await make();
  const service = await startService(ollama, { history: { storage: storage.target } });
  return { ollama, storage, service };
}

async function torn({ ollama, storage, service }: Stage): Promise<void> {
  await service.close();
  await storage.dispose();
  await ollama.close();
}

const erase = (storage: TestStorage) =>
  runCommand('history', ['erase', '--owner', DEFAULT_OWNER], { env: storage.env });

describeOnSharedStores('an owner that is erased while the service runs', (make) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await staged(make);
  });
  afterAll(() => torn(stage));

  it('has its streams ended, and begins anew', async () => {
    const { ollama, storage, service } = stage;
    const secret = `Geheimnis${randomUUID()}`;
    ollama.next(answer(secret));
    await postJson(`${service.url}/api/chat`, { message: `${secret} asked` });
    ollama.next(script().tokens(secret, ' and').hang());
    const stream = await StreamReader.post(`${service.url}/api/chat/stream`, {
      message: `${secret} asked again`,
    });
    await stream.take(2);
    const id = stream.response.headers.get('X-Generation-Id') ?? '';

    expect(await erase(storage)).toMatchObject({ code: 0 });
    expect((await stream.rest()).at(-1)?.data).toMatchObject({ code: 'CONFLICT' });
    expect((await getJson(`${service.url}/api/generations/${id}`)).status).toBe(404);
    expect((await getJson(`${service.url}/api/history`)).body).toMatchObject({ total: 0 });
    expect(await storedPlacesOf(storage, secret)).toEqual([]);

    ollama.next(answer('Hello again'));
    expect((await postJson(`${service.url}/api/chat`, { message: 'Hi' })).status).toBe(200);
    expect((await getJson(`${service.url}/api/history`)).body).toMatchObject({ total: 1 });
  });
});

describeOnDurableStores('an owner that is erased after the service', (make) => {
  it('has nothing left when it comes back', async () => {
    const stage = await staged(make);
    const { ollama, storage, service } = stage;
    const secret = `Geheimnis${randomUUID()}`;
    ollama.next(answer(secret));
    await postJson(`${service.url}/api/chat`, { message: `${secret} asked` });
    await service.close();
    expect(await storedPlacesOf(storage, secret)).not.toEqual([]);
    expect(await erase(storage)).toMatchObject({ code: 0 });
    expect(await storedPlacesOf(storage, secret)).toEqual([]);
    stage.service = await startService(ollama, { history: { storage: storage.target } });
    const { body } = await getJson(`${stage.service.url}/api/history`);
    expect(body).toMatchObject({ total: 0 });
    await torn(stage);
  });
});
