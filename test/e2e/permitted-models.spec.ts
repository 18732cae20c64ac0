import { answer, FakeOllama } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { makeKey } from '../support/keys.js';
import { startService, type RunningService } from '../support/service.js';
import { describeSqlite } from '../support/sqlite.js';
import { sqliteStorage, type TestStorage } from '../support/storages.js';

const messages = [{ role: 'user', content: 'Hi' }];
const notFound = { status: 404, body: { reason: 'model_not_found' } };

/** A service that was just started has read no list: what a name means is not known to it. */
describeSqlite('the models of a key, in the first request to a service', () => {
  let ollama: FakeOllama;
  let storage: TestStorage;
  let service: RunningService;
  beforeEach(async () => {
    ollama = await FakeOllama.start({ name: 'llama2' }, { name: 'm2' });
    ollama.always(answer('Hello'));
    storage = await sqliteStorage();
    const history = { storage: storage.target };
    service = await startService(ollama, { history, ollama: { retries: 0 } });
  });
  afterEach(async () => {
    await service.close();
    await storage.dispose();
    await ollama.close();
  });

  type Key = Record<string, string>;
  const narrow = (models: string): Promise<Key> => makeKey(storage, 'narrow', '--models', models);
  const get = async (path: string, key: Key) => getJson(`${service.url}${path}`, key);
  const post = async (path: string, body: object, key: Key) =>
    postJson(`${service.url}${path}`, body, key);
  const chat = async (model: string, key: Key) => post('/api/chat', { message: 'x', model }, key);

  it.each([
    ['ollama/m2', 'm2'],
    ['m2', 'ollama/m2'],
    ['m2', 'ollama/m2:latest'],
    ['m2:latest', 'ollama/m2'],
  ])('--models %s answers %s', async (models, model) => {
    const key = await narrow(models);
    expect((await chat(model, key)).status).toBe(200);
    expect(await chat('ollama/llama2', key)).toMatchObject(notFound);
  });

  it.each([
    ['/v1/chat/completions', { model: 'm2', messages }],
    ['/v1/responses', { model: 'm2', input: 'x' }],
    ['/api/ollama/api/chat', { model: 'm2', messages, stream: false }],
    ['/api/ollama/api/generate', { model: 'm2', prompt: 'x', stream: false }],
    ['/api/ollama/api/generate', { model: 'm2' }],
    ['/api/ollama/api/show', { model: 'm2' }],
  ])('--models ollama/m2 opens %s', async (path, body) => {
    const key = await narrow('ollama/m2');
    expect((await post(path, body, key)).status).toBe(200);
    expect((await post(path, { ...body, model: 'llama2' }, key)).status).toBe(404);
  });

  it.each(['/api/models', '/v1/models', '/api/ollama/api/tags'])(
    'are those of %s',
    async (path) => {
      const { body } = await get(path, await narrow('ollama/m2'));
      const listed = body.models ?? body.data;
      const names = listed.map(({ id, name }: { id?: string; name?: string }) => name ?? id);
      expect(names).toEqual(['m2:latest']);
    },
  );

  it.each(['m2', 'ollama/m2', 'ollama/m2:latest'])('are read as /v1/models/%s', async (name) => {
    const key = await narrow('ollama/m2');
    const read = async (model: string) =>
      fetch(`${service.url}/v1/models/${model}`, { headers: key });
    expect(await (await read(name)).json()).toMatchObject({ id: 'm2:latest' });
    expect((await read('ollama/llama2')).status).toBe(404);
  });

  it('are as unknown while the model server is away, and known once it is back', async () => {
    const key = await narrow('ollama/m2');
    await ollama.stopListening();
    expect(await chat('m2', key)).toMatchObject(notFound);
    await ollama.listenAgain();
    expect((await chat('m2', key)).status).toBe(200);
  });
});
