import { FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson, sendJson } from '../support/http-client.js';
import { ServiceProcess } from '../support/service-process.js';
import { startService, type RunningService } from '../support/service.js';
import { apiKey } from '../support/settings.js';
import {
  describeOnDurableStores,
  describeOnEveryStore,
  type TestStorage,
} from '../support/storages.js';
import { StreamReader } from '../support/stream-reader.js';

const today = () => new Date().toISOString().slice(0, 10);
const daysBefore = (days: number) =>
  new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

describeOnEveryStore('usage', (makeStorage) => {
  let ollama: FakeOllama;
  let storage: TestStorage;
  let service: RunningService;
  beforeEach(async () => {
    ollama = await FakeOllama.start();
    storage = await makeStorage();
    service = await startService(ollama, { history: { storage: storage.target } });
  });
  afterEach(async () => {
    ollama.assertNoUnexpected();
    await service.close();
    await storage.dispose();
    await ollama.close();
  });

  const chat = (body: object, headers: Record<string, string> = {}) =>
    postJson(`${service.url}/api/chat`, body, headers);
  const usage = (query = '') => getJson(`${service.url}/api/usage${query}`);
  const items = async () => (await usage()).body.items;
  const done = (prompt: number, completion: number) =>
    script().tokens('a', 'b').done({ usage: { prompt, completion } });

  it('has an answer as soon as its end can be read, as the model counted it', async () => {
    const before = await usage();
    expect(before.body).toEqual({
      key: { name: 'default', owner: 'default', scopes: ['chat'], expires_at: null },
      from: daysBefore(29),
      to: today(),
      total: { generations: 0, prompt_tokens: 0, completion_tokens: 0 },
      items: [],
      limits: { tokens_day: null, tokens_month: null },
    });
    expect(before.headers.get('RateLimit')).toBeNull();
    ollama.next(done(20, 7));
    await chat({ message: 'Hi' });
    const { body } = await usage();
    expect(body.total).toEqual({ generations: 1, prompt_tokens: 20, completion_tokens: 7 });
    expect(body.items).toEqual([
      {
        date: today(),
        model: 'llama2',
        key: 'default',
        generations: 1,
        completed: 1,
        cancelled: 0,
        failed: 0,
        prompt_tokens: 20,
        completion_tokens: 7,
        estimated_tokens: 0,
      },
    ]);
  });

  it('counts a new answer to the same message again, and a replay or a resumed stream not', async () => {
    ollama.next(done(10, 2)).next(done(10, 2));
    const key = { 'Idempotency-Key': 'once' };
    const { body } = await chat({ message: 'Hi' }, key);
    await chat({ message: 'Hi' }, key);
    const resumed = await StreamReader.open(
      `${service.url}/api/generations/${body.generation_id}/stream?after=1`,
    );
    await resumed.rest();
    expect(await items()).toMatchObject([{ generations: 1, prompt_tokens: 10 }]);
    await chat({ conversation_id: body.conversation_id, regenerate: true });
    expect(await items()).toMatchObject([{ generations: 2, prompt_tokens: 20 }]);
    await sendJson('DELETE', `${service.url}/api/history/${body.conversation_id}`);
    expect(await items()).toMatchObject([{ generations: 2, prompt_tokens: 20 }]);
  });

  it('estimates what the model did not count: what was cancelled and what broke off', async () => {
    const gate = new Gate();
    ollama.next(script().tokens('a', 'b', 'c').wait(gate).done());
    const reader = await StreamReader.post(`${service.url}/api/chat/stream`, { message: 'Hi' });
    await reader.take(3);
    const id = reader.response.headers.get('X-Generation-Id') ?? '';
    await postJson(`${service.url}/api/generations/${id}/cancel`);
    gate.open();
    const [cancelled] = await items();
    expect(cancelled).toMatchObject({ generations: 1, cancelled: 1, completion_tokens: 3 });
    expect(cancelled.prompt_tokens).toBeGreaterThan(3);
    expect(cancelled.estimated_tokens).toBe(Number(cancelled.prompt_tokens) + 3);

    ollama.next(script().tokens('d', 'e').cut());
    expect((await chat({ message: 'Hi' })).status).toBe(503);
    const [both] = await items();
    expect(both).toMatchObject({ generations: 2, failed: 1, completion_tokens: 5 });
    expect(both.estimated_tokens).toBe(Number(both.prompt_tokens) + 5);
  });

  it('counts no failure before the first token, and no prompt that was not sent', async () => {
    ollama.next(script().error(500));
    expect((await chat({ message: 'Hi' })).status).toBe(503);
    expect(await items()).toEqual([]);
  });

  it.each([
    [`?from=${daysBefore(1)}&to=${daysBefore(2)}`, 'from'],
    ['?from=2025-01-01&to=2026-01-02', 'from'],
    ['?from=2026-02-30', 'from'],
    ['?to=yesterday', 'to'],
    ['?from=2026-01-01&from=2026-01-02', 'from'],
    ['?owner=', 'owner'],
  ])('refuses %s', async (query, field) => {
    const { status, body } = await usage(query);
    expect(status).toBe(400);
    expect(body).toMatchObject({ reason: 'validation', details: [{ field }] });
  });

  it('gives the days that are asked for, of the owner of the key alone', async () => {
    ollama.next(done(1, 1));
    await chat({ message: 'Hi' });
    const { body } = await usage(`?from=${today()}&to=${today()}`);
    expect(body).toMatchObject({ from: today(), to: today(), total: { generations: 1 } });
    expect((await usage(`?from=2025-01-01&to=2026-01-01`)).body.items).toEqual([]);
    for (const owner of ['*', 'default', 'ann']) {
      const refused = await usage(`?owner=${owner}`);
      expect(refused.status).toBe(403);
      expect(refused.body).toMatchObject({ code: 'FORBIDDEN', reason: 'scope_missing' });
    }
  });
});

it('usage is counted by key, and each key sees its own', async () => {
  const ollama = await FakeOllama.start();
  const keys = { ann: 'a-key-of-ann-0123456789', bob: 'a-key-of-bob-0123456789' };
  const service = await startService(ollama, {
    api: { keys: Object.entries(keys).map(([owner, key]) => apiKey(owner, key)) },
  });
  try {
    ollama.always(script().tokens('a').done());
    const as = (key: string) => ({ Authorization: `Bearer ${key}` });
    await postJson(`${service.url}/api/chat`, { message: 'Hi' }, as(keys.ann));
    const { body } = await getJson(`${service.url}/api/usage`, as(keys.ann));
    expect(body).toMatchObject({ key: { name: 'ann', owner: 'ann' }, items: [{ key: 'ann' }] });
    expect(body.items[0]).not.toHaveProperty('owner');
    const other = await getJson(`${service.url}/api/usage`, as(keys.bob));
    expect(other.body).toMatchObject({ key: { name: 'bob' }, items: [] });
  } finally {
    await service.close();
    await ollama.close();
  }
});

describeOnDurableStores('usage after a kill', (makeStorage) => {
  it('has each answer that had ended, once', async () => {
    const ollama = await FakeOllama.start();
    const storage = await makeStorage();
    const env = { ...storage.env, OLLAMA_BASE_URL: ollama.baseUrl, RATE_LIMIT_ENABLED: 'false' };
    let service = await ServiceProcess.start(env);
    try {
      const gate = new Gate();
      ollama.next(script().tokens('a').done(), 3);
      ollama.next(script().tokens('b', 'c').wait(gate).done());
      for (let count = 0; count < 3; count += 1)
        await postJson(`${service.url}/api/chat`, { message: 'Hi' });
      const running = await StreamReader.post(`${service.url}/api/chat/stream`, { message: 'Hi' });
      await running.take(2);
      service.child.kill('SIGKILL');
      await service.exited;
      gate.open();
      await running.rest().catch(() => undefined);
      for (let start = 0; start < 2; start += 1) {
        service = await ServiceProcess.start(env, service.folder);
        const { body } = await getJson(`${service.url}/api/usage`);
        expect(body.items).toHaveLength(1);
        expect(body.items[0]).toMatchObject({ completed: 3 });
        service.child.kill('SIGKILL');
        await service.exited;
      }
    } finally {
      await service.remove();
      await storage.dispose();
      await ollama.close();
    }
  }, 60_000);
});
