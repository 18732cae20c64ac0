import { answer, FakeOllama } from '../support/fake-ollama.js';
import { getJson, postJson, sendJson } from '../support/http-client.js';
import { openApi } from '../support/openapi-validator.js';
import { startService, type RunningService } from '../support/service.js';
import { apiKey } from '../support/settings.js';
import { describeOnEveryStore, type TestStorage } from '../support/storages.js';

const ADA = { Authorization: 'Bearer ada-key-0123456789abcdef' };
const BOB = { 'X-Api-Key': 'bob-key-0123456789abcdef' };
const UNKNOWN = '00000000-0000-4000-8000-000000000000';

interface Call {
  method: string;
  path: string;
  body?: unknown;
}

describeOnEveryStore('what belongs to an owner', (makeStorage) => {
  let ollama: FakeOllama;
  let storage: TestStorage;
  let service: RunningService;
  let adas: { conversation_id: string; generation_id: string; message_id: string };

  beforeAll(async () => {
    ollama = await FakeOllama.start();
    ollama.always(answer('Hello'));
    storage = await makeStorage();
    service = await startService(ollama, {
      api: {
        keys: [
          apiKey('ada', 'ada-key-0123456789abcdef'),
          apiKey('bob', 'bob-key-0123456789abcdef'),
        ],
      },
      history: { storage: storage.target, maxConversations: 0 },
    });
    const headers = { ...ADA, 'Idempotency-Key': 'shared-key' };
    adas = (await postJson(`${service.url}/api/chat`, { message: 'I am Ada' }, headers)).body;
  });
  afterAll(async () => {
    await service.close();
    await storage.dispose();
    await ollama.close();
  });

  const send = ({ method, path, body }: Call, headers: Record<string, string>) =>
    sendJson(method, `${service.url}${path}`, body, headers);

  /** An error without the id of its request, which each wire puts elsewhere. */
  const saying = (body: unknown): string =>
    JSON.stringify(body ?? null).replace(/"request_id":"[^"]*"/, '');

  /** A wire's routes are asked for something that could be done. */
  function bodyOf(method: string, path: string): Pick<Call, 'body'> {
    const isAsked = method === 'post' && path.startsWith('/v1/conversations/');
    return isAsked ? { body: { metadata: {}, items: [{ role: 'user', content: 'Hi' }] } } : {};
  }

  /** Every route with an id in its path, and every field that names one. */
  function callsWith(conversation: string, generation: string): Call[] {
    const routes = Object.entries(openApi.paths).flatMap(([path, item]) =>
      Object.keys(item as object).map((method): Call => {
        const id = /\/(history|conversations)\//.test(path) ? conversation : generation;
        const body = method === 'put' ? { body: { title: 'Mine' } } : bodyOf(method, path);
        return { method: method.toUpperCase(), path: path.replaceAll(/\{[^}]+\}/g, id), ...body };
      }),
    );
    return [
      ...routes.filter(({ path }) => path.includes(conversation) || path.includes(generation)),
      { method: 'GET', path: `/api/history/${conversation}?messages=1&before=${adas.message_id}` },
      ...['/api/chat', '/api/chat/stream'].flatMap((path) => [
        { method: 'POST', path, body: { message: 'Hi', conversation_id: conversation } },
        { method: 'POST', path, body: { regenerate: true, conversation_id: conversation } },
      ]),
    ];
  }

  it('is, for another, not to be told from what does not exist, on every route', async () => {
    const real = callsWith(adas.conversation_id, adas.generation_id);
    const unknown = callsWith(UNKNOWN, UNKNOWN);
    expect(real.length).toBeGreaterThanOrEqual(11);
    for (const [index, call] of real.entries()) {
      const other = await send(call, BOB);
      const none = await send(unknown[index] ?? call, BOB);
      // A chat that is not known has nothing that runs.
      const status = /^\/api\/chat\/ui\/.*\/(stop|stream)$/.test(call.path) ? none.status : 404;
      expect([call.method, call.path, other.status]).toEqual([call.method, call.path, status]);
      expect(saying(other.body)).toEqual(saying(none.body));
      expect([...other.headers.keys()].sort()).toEqual([...none.headers.keys()].sort());
    }
    const still = await getJson(`${service.url}/api/history/${adas.conversation_id}`, ADA);
    expect(still.body).toMatchObject({ title: 'I am Ada', message_count: 2 });
  });

  it('does not show in another’s list', async () => {
    expect((await getJson(`${service.url}/api/history`, BOB)).body.total).toBe(0);
    expect((await getJson(`${service.url}/api/history`, ADA)).body.total).toBe(1);
  });

  it('leaves another the same Idempotency-Key and generation_id', async () => {
    const headers = { ...BOB, 'Idempotency-Key': 'shared-key' };
    const request = { message: 'I am Bob', generation_id: adas.generation_id };
    const {
      status,
      body,
      headers: answered,
    } = await postJson(`${service.url}/api/chat`, request, headers);
    expect(status).toBe(200);
    expect(answered.get('Idempotency-Replayed')).toBeNull();
    expect(body.generation_id).toBe(adas.generation_id);
    expect(body.conversation_id).not.toBe(adas.conversation_id);
    const mine = await getJson(`${service.url}/api/generations/${adas.generation_id}`, ADA);
    expect(mine.body.conversation_id).toBe(adas.conversation_id);
  });

  it('is closed to a request without a key, with a wrong one, or with two', async () => {
    for (const headers of [{}, { 'X-Api-Key': 'wrong' }, { ...ADA, ...BOB }]) {
      for (const call of callsWith(adas.conversation_id, adas.generation_id)) {
        const { status, body } = await send(call, headers);
        expect([call.path, status]).toEqual([call.path, 401]);
        expect(JSON.stringify(body)).toMatch(/"code":"(UNAUTHORIZED|invalid_api_key)"/);
      }
    }
  });
});
