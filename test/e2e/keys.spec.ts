import { answer, FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { keysCommand, makeKey } from '../support/keys.js';
import { startService, type RunningService } from '../support/service.js';
import { apiKey, type SettingsOverrides } from '../support/settings.js';
import { describeOnDurableStores, type TestStorage } from '../support/storages.js';
import { StreamReader, textOf } from '../support/stream-reader.js';

const FIXED = { 'X-Api-Key': 'fixed-key-0123456789abcdef' };
/** With the checksum of other characters. */
const WRONG = { 'X-Api-Key': `ocs_${'0'.repeat(30)}000000` };

describeOnDurableStores('keys in the store', (make) => {
  let ollama: FakeOllama;
  let storage: TestStorage;
  let service: RunningService;
  beforeEach(async () => {
    ollama = await FakeOllama.start({ name: 'llama2' }, { name: 'mistral' });
    ollama.always(answer('Hello'));
    storage = await make();
  });
  afterEach(async () => {
    await service.close();
    await storage.dispose();
    await ollama.close();
  });

  const start = async (overrides: SettingsOverrides = {}): Promise<void> => {
    service = await startService(ollama, {
      ...overrides,
      history: { storage: storage.target },
    });
  };
  const get = (path: string, headers: Record<string, string> = {}) =>
    getJson(`${service.url}${path}`, headers);
  const chat = (headers: Record<string, string>, body: object = {}) =>
    postJson(`${service.url}/api/chat`, { message: 'Hi', ...body }, headers);
  /** Asks until the answer has a status; a change may take a second to be known. */
  async function until(status: number, ask: () => ReturnType<typeof get>) {
    for (;;) {
      const answered = await ask();
      if (answered.status === status) return answered;
    }
  }

  it('close the routes with the first one, and the last one’s revocation opens nothing', async () => {
    await start();
    expect((await get('/api/history')).status).toBe(200);
    expect((await get('/api/history', WRONG)).status).toBe(200);

    const key = await makeKey(storage, 'ci');
    // What is used at once is known at once, and with it that a key is needed.
    expect((await chat(key)).status).toBe(200);
    const refused = await get('/api/history');
    expect(refused).toMatchObject({ status: 401, body: { reason: 'unauthorized' } });
    expect(refused.headers.get('WWW-Authenticate')).toBe('Bearer');
    const wrong = await get('/api/history', WRONG);
    expect(wrong).toMatchObject({ status: 401, body: { reason: 'unauthorized' } });
    expect(wrong.headers.get('WWW-Authenticate')).toBe('Bearer error="invalid_token"');
    for (const path of ['/api/health', '/api/openapi.json', '/api/docs']) {
      const response = await fetch(`${service.url}${path}`);
      await response.text();
      expect(response.status).toBe(200);
    }

    await keysCommand(storage, 'revoke', 'ci');
    const revoked = await until(401, () => get('/api/history', key));
    expect(revoked.body.reason).toBe('key_revoked');
    expect(revoked.headers.get('WWW-Authenticate')).toBe('Bearer error="invalid_token"');
    expect((await get('/api/history')).status).toBe(401);
    await service.close();
    await start();
    expect((await get('/api/history')).status).toBe(401);
  });

  it('stand beside API_KEYS; several of one owner share its conversations', async () => {
    await start({ api: { keys: [apiKey('fixed', FIXED['X-Api-Key'])] } });
    const one = await makeKey(storage, 'one', '--owner', 'team');
    const two = await makeKey(storage, 'two', '--owner', 'team');
    const other = await makeKey(storage, 'other');
    const { body } = await chat(one);
    const path = `/api/history/${body.conversation_id}`;
    const bearer = { Authorization: `Bearer ${two['X-Api-Key']}` };
    expect((await get(path, bearer)).body).toMatchObject({ message_count: 2 });
    expect((await get(path, other)).status).toBe(404);
    expect((await get(path, FIXED)).status).toBe(404);
    expect((await get(path, { ...bearer, ...other })).status).toBe(401);
  });

  it('expire', async () => {
    await start();
    const key = await makeKey(storage, 'short', '--expires', '1d');
    const gate = new Gate();
    ollama.next(script().tokens('a').wait(gate).tokens('b').done());
    const url = `${service.url}/api/chat/stream`;
    const reader = await StreamReader.post(url, { message: 'Hi' }, key);
    await reader.take(1);
    // Only now, so that a slow machine has begun before the key ends.
    await keysCommand(storage, 'update', 'short', '--expires', '1s');
    const expired = await until(401, () => get('/api/history', key));
    expect(expired.body).toMatchObject({ code: 'UNAUTHORIZED', reason: 'key_expired' });
    gate.open();
    // What was begun goes on.
    expect(textOf(await reader.rest())).toBe('b');
    await keysCommand(storage, 'update', 'short', '--expires', 'none');
    await until(200, () => get('/api/history', key));
  });

  it('open what their scopes say', async () => {
    await start();
    const chatter = await makeKey(storage, 'chatter', '--owner', 'team');
    const reader = await makeKey(storage, 'reader', '--owner', 'team', '--scopes', 'read');
    const admin = await makeKey(storage, 'admin', '--owner', 'team', '--scopes', 'admin');
    const { body } = await chat(chatter);
    const paths = [
      '/api/history',
      `/api/history/${body.conversation_id}`,
      `/api/generations/${body.generation_id}`,
      '/api/models',
    ];
    for (const path of paths) {
      expect((await get(path, chatter)).status).toBe(200);
      expect((await get(path, reader)).status).toBe(200);
      const refused = await get(path, admin);
      expect(refused).toMatchObject({
        status: 403,
        body: { code: 'FORBIDDEN', reason: 'scope_missing' },
      });
      expect(refused.headers.get('WWW-Authenticate')).toBe('Bearer error="insufficient_scope"');
    }
    const refusals = service.log.of('Audit').filter(({ fields }) => fields.owner === 'team');
    expect(refusals.map(({ fields }) => [fields.action, fields.key, fields.result])).toEqual([
      ['conversation.create', 'chatter', 'done'],
      ['auth.refused', 'admin', 'scope_missing'],
    ]);
    const asked = ollama.chats.length;
    expect((await chat(reader)).body.reason).toBe('scope_missing');
    expect(ollama.chats).toHaveLength(asked);
    await keysCommand(storage, 'update', 'reader', '--scopes', 'chat');
    await until(200, () => chat(reader));
  });

  it('know only their models', async () => {
    await start();
    const key = await makeKey(storage, 'narrow', '--models', 'mistral');
    const all = await makeKey(storage, 'wide');
    const names = async (headers: Record<string, string>) =>
      (await get('/api/models', headers)).body.models.map(({ name }: { name: string }) => name);
    const listed = await names(all);
    expect(listed).toHaveLength(2);
    expect(await names(key)).toEqual(listed.filter((name: string) => name.startsWith('mistral')));
    const asked = ollama.chats.length;
    const refused = await chat(key, { model: 'llama2' });
    expect(ollama.chats).toHaveLength(asked);
    const unknown = await chat(all, { model: 'nothing-like-it' });
    expect(refused.status).toBe(404);
    expect({ ...refused.body, request_id: '' }).toEqual({ ...unknown.body, request_id: '' });
    expect((await chat(key)).body.reason).toBe('model_not_found');
    expect((await chat(key, { model: 'mistral:latest' })).status).toBe(200);
  });

  it('know only their models among those of Ollama’s API', async () => {
    await start();
    const key = await makeKey(storage, 'narrow', '--models', 'mistral');
    const tags = (await get('/api/ollama/api/tags', key)).body.models;
    expect(tags.map(({ name }: { name: string }) => name)).toEqual(['mistral:latest']);
    const ask = (path: string, model: string) =>
      postJson(`${service.url}/api/ollama/api/${path}`, { model }, key);
    for (const path of ['show', 'chat']) {
      expect((await ask(path, 'mistral')).status).toBe(200);
      expect(await ask(path, 'llama2')).toMatchObject({
        ...{ status: 404, body: { reason: 'model_not_found' } },
      });
    }
  });

  it('have limits of their own', async () => {
    await start({ rateLimit: { enabled: true, requests: 2, readRequests: 20, streams: 1 } });
    const own = ['--requests', '4', '--streams', '2'];
    const key = await makeKey(storage, 'own', '--owner', 'team', ...own);
    const plain = await makeKey(storage, 'plain', '--owner', 'team');
    const gate = new Gate();
    ollama.always(script().tokens('a').wait(gate).done());
    const stream = (headers: Record<string, string>) =>
      StreamReader.post(`${service.url}/api/chat/stream`, { message: 'Hi' }, headers);
    const readers = [await stream(key), await stream(key), await stream(plain)];
    for (const reader of readers) await reader.take(1);
    const post = (headers: Record<string, string>) =>
      postJson(`${service.url}/api/chat/stream`, { message: 'Hi' }, headers);
    const third = await post(key);
    expect(third.body.reason).toBe('streams_limit');
    expect(third.headers.get('RateLimit-Policy')).toBe('"generation";q=4;w=60');
    expect((await post(plain)).body.reason).toBe('streams_limit');
    expect((await post(plain)).body.reason).toBe('requests_limit');
    gate.open();
    for (const reader of readers) await reader.rest();
    expect((await chat(key)).status).toBe(200);
    expect((await chat(key)).body.reason).toBe('requests_limit');
    const reading = await get('/api/history', key);
    expect(reading.headers.get('RateLimit-Policy')).toBe('"requests";q=40;w=60');
    await keysCommand(storage, 'update', 'own', '--requests', '100000');
    await until(200, () => chat(key));
  });

  it('note when they were used', async () => {
    await start();
    const key = await makeKey(storage, 'used');
    await makeKey(storage, 'unused');
    const before = Date.now();
    expect((await get('/api/history', key)).status).toBe(200);
    await service.close();
    const [used, unused] = JSON.parse(await keysCommand(storage, 'list', '--json'));
    expect(Date.parse(used.last_used_at)).toBeGreaterThanOrEqual(before);
    expect(unused.last_used_at).toBeNull();
    await start();
  });

  it('that are revoked end what they started and read, and nothing of the owner’s other keys', async () => {
    await start();
    const lost = await makeKey(storage, 'lost', '--owner', 'team');
    const kept = await makeKey(storage, 'kept', '--owner', 'team');
    const gate = new Gate();
    ollama.always(script().tokens('a').wait(gate).tokens('b').done());
    const stream = (headers: Record<string, string>) =>
      StreamReader.post(`${service.url}/api/chat/stream`, { message: 'Hi' }, headers);
    const [ofLost, ofKept] = [await stream(lost), await stream(kept)];
    for (const reader of [ofLost, ofKept]) await reader.take(1);
    const idOf = (reader: StreamReader) => reader.response.headers.get('X-Generation-Id');
    const follow = (id: string | null, headers: Record<string, string>) =>
      StreamReader.open(`${service.url}/api/generations/${id}/stream`, { headers });
    const lostReadsKept = await follow(idOf(ofKept), lost);
    const keptReadsLost = await follow(idOf(ofLost), kept);
    for (const reader of [lostReadsKept, keptReadsLost]) await reader.take(1);
    const events = await StreamReader.open(`${service.url}/api/events`, { headers: lost });
    const others = await StreamReader.open(`${service.url}/api/events`, { headers: kept });
    for (const reader of [events, others]) await reader.take(1);
    const plain = chat(lost);
    await ollama.chat(2);

    await keysCommand(storage, 'revoke', 'lost');
    const revoked = { code: 'UNAUTHORIZED', reason: 'key_revoked', error: expect.any(String) };
    expect((await ofLost.rest()).map(({ data }) => data)).toEqual([
      expect.objectContaining(revoked),
    ]);
    const [last, ...more] = await lostReadsKept.rest();
    expect([last?.data, more]).toEqual([expect.objectContaining(revoked), []]);
    expect((await events.rest()).at(-1)?.data).toEqual(revoked);
    expect(await plain).toMatchObject({ status: 401, body: revoked });
    expect((await keptReadsLost.rest()).map(({ data }) => data)).toEqual([
      expect.objectContaining({ done: true, finish_reason: 'cancelled' }),
    ]);
    const record = await get(`/api/generations/${idOf(ofLost)}`, kept);
    expect(record.body).toMatchObject({ status: 'cancelled', response: 'a' });

    gate.open();
    expect(textOf(await ofKept.rest())).toBe('b');
    await keysCommand(storage, 'revoke', 'kept');
    expect((await others.rest()).at(-1)?.data).toEqual(revoked);
  });
});

describeOnDurableStores('API_AUTH=required', (make) => {
  it('asks for a key before there is one', async () => {
    const ollama = await FakeOllama.start();
    const storage = await make();
    const service = await startService(ollama, {
      api: { auth: 'required' },
      history: { storage: storage.target },
    });
    try {
      expect((await getJson(`${service.url}/api/history`)).status).toBe(401);
      const key = await makeKey(storage, 'first');
      expect((await getJson(`${service.url}/api/history`, key)).status).toBe(200);
    } finally {
      await service.close();
      await storage.dispose();
      await ollama.close();
    }
  });
});
