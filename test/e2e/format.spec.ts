import { FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { startService, type RunningService } from '../support/service.js';
import { describeOnEveryStore, type TestStorage } from '../support/storages.js';
import { StreamReader } from '../support/stream-reader.js';

const CITY = {
  type: 'object',
  properties: { city: { type: 'string' }, people: { type: 'integer' } },
  required: ['city'],
};
const says = (text: string) =>
  script()
    .tokens(...text.split(/(?<=,)/))
    .done();
const GOOD = '{"city":"Rome","people":2800000}';
const BAD = '{"people":"many"}';

describeOnEveryStore('format', (makeStorage) => {
  let ollama: FakeOllama;
  let storage: TestStorage;
  let service: RunningService;

  beforeAll(async () => {
    ollama = await FakeOllama.start();
    storage = await makeStorage();
    const history = { storage: storage.target, maxConversations: 0 };
    service = await startService(ollama, { history });
  });
  afterEach(() => ollama.assertNoUnexpected());
  afterAll(async () => {
    await service.close();
    await storage.dispose();
    await ollama.close();
  });

  const body = (format: unknown) => ({ message: 'A city', parameters: { format } });

  it.each([
    [CITY, GOOD, true],
    [CITY, BAD, false],
    ['json', GOOD, true],
    ['json', 'Rome.', false],
    [null, GOOD, null],
  ])('%j: what is said of %j is %j, everywhere', async (format, text, valid) => {
    ollama.next(says(text), 2);
    const plain = await postJson(`${service.url}/api/chat`, body(format));
    expect(plain.body).toMatchObject({ response: text, format_valid: valid });
    const reader = await StreamReader.post(`${service.url}/api/chat/stream`, body(format));
    const events = await reader.rest();
    expect(events.at(-1)?.data).toMatchObject({ done: true, format_valid: valid });
    for (const id of [plain.body.generation_id, reader.response.headers.get('X-Generation-Id')]) {
      const found = await getJson(`${service.url}/api/generations/${id}`);
      expect(found.body).toMatchObject({ response: text, format_valid: valid });
    }
  });

  it('of an answer that was cut is what its text is', async () => {
    ollama.next(script().tokens('{"city":').done({ reason: 'length' }));
    ollama.next(script().tokens(GOOD, '\n\n').done({ reason: 'length' }));
    const cut = await postJson(`${service.url}/api/chat`, body(CITY));
    expect(cut.body).toMatchObject({ finish_reason: 'length', format_valid: false });
    const whole = await postJson(`${service.url}/api/chat`, body(CITY));
    expect(whole.body).toMatchObject({ finish_reason: 'length', format_valid: true });
  });

  it('is not there in an answer that was cancelled', async () => {
    const gate = new Gate();
    ollama.next(script().tokens('{"city":').wait(gate).hang());
    const reader = await StreamReader.post(`${service.url}/api/chat/stream`, body(CITY));
    await reader.take(1);
    const id = reader.response.headers.get('X-Generation-Id') ?? '';
    await postJson(`${service.url}/api/generations/${id}/cancel`);
    const events = await reader.rest();
    expect(events.at(-1)?.data).toMatchObject({ finish_reason: 'cancelled', format_valid: false });
    gate.open();
  });
});

describe('asking for a format', () => {
  let ollama: FakeOllama;
  let service: RunningService;

  beforeAll(async () => {
    ollama = await FakeOllama.start();
    service = await startService(ollama);
  });
  afterEach(() => ollama.assertNoUnexpected());
  afterAll(async () => {
    await service.close();
    await ollama.close();
  });

  const ask = (format: unknown, more: object = {}) =>
    postJson(`${service.url}/api/chat`, { message: 'Hi', parameters: { format }, ...more });
  const sent = () => ollama.chats.at(-1)?.body as { format?: unknown };
  const total = async () => (await getJson(`${service.url}/api/history`)).body.total;

  it('sends it as it was sent, null and every name in it too', async () => {
    const format = JSON.parse(
      '{"type":"object","properties":{"a":{"default":null,"enum":[null,"x"]},"constructor":{},' +
        '"toString":{"type":"string"},"__proto__":{"type":"string"}},"x-mine":{"b":null}}',
    ) as unknown;
    ollama.next(says('{"a":null}'));
    const { status, body } = await ask(format);
    expect([status, body.format_valid]).toEqual([200, true]);
    expect(JSON.stringify(sent().format)).toBe(JSON.stringify(format));
  });

  it('is left out where the request does not say', async () => {
    ollama.next(says('Hi'), 2);
    for (const format of [undefined, null]) {
      await ask(format);
      expect(sent()).not.toHaveProperty('format');
    }
  });

  it('keeps from Ollama what ends it, and judges the answer by it', async () => {
    const format = {
      type: 'array',
      items: { type: 'string', maxLength: 4_000, pattern: '^\\S+$' },
      minItems: 1,
    };
    ollama.next(says('["a b"]'));
    expect((await ask(format)).body.format_valid).toBe(false);
    expect(sent().format).toEqual({ type: 'array', items: { type: 'string' }, minItems: 1 });
  });

  const nested = (levels: number): object =>
    Array.from({ length: levels - 1 }).reduce<object>((inner) => ({ items: inner }), {});
  const ofSize = (bytes: number): object => ({
    description: 'x'.repeat(bytes - '{"description":""}'.length),
  });

  it.each([
    ['50 levels', nested(50)],
    ['16 KB', ofSize(16 * 1024)],
    ['draft 7', { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object' }],
    ['an empty schema', {}],
  ])('takes %s', async (_, format) => {
    ollama.next(says('{}'));
    expect((await ask(format)).body).toMatchObject({ format_valid: true });
  });

  it.each([
    ['51 levels', nested(51)],
    ['1,000 levels', nested(1_000)],
    ['one byte more than 16 KB', ofSize(16 * 1024 + 1)],
    ['characters of more than 16 KB', { description: 'é'.repeat(8_200) }],
    ['another word', 'xml'],
    ['a list', []],
    ['true', true],
    ['a number', 1],
    ['what does not compile', { type: 'strng' }],
    ['a remote $ref', { $ref: 'https://example.com/a.json' }],
    ['an endless $ref', { $ref: '#' }],
    ['another draft', { $schema: 'https://json-schema.org/draft/2019-09/schema' }],
    [
      'what takes too long',
      Array.from({ length: 40 }).reduce<object>(
        (inner, _, level) => ({ $dynamicAnchor: `a${level}`, not: inner }),
        {},
      ),
    ],
  ])('refuses %s before anything is stored or sent', async (_, format) => {
    const [chats, before] = [ollama.chats.length, await total()];
    for (const path of ['chat', 'chat/stream']) {
      const { status, body } = await postJson(`${service.url}/api/${path}`, {
        message: 'Hi',
        parameters: { format },
      });
      expect([status, body.reason]).toEqual([400, 'validation']);
      expect(body.details).toMatchObject([{ field: 'parameters.format' }]);
    }
    expect(ollama.chats).toHaveLength(chats);
    expect(await total()).toBe(before);
  });

  it('is refused beside tools, unless the model is not to call them', async () => {
    ollama.models.add({ name: 'llama2', capabilities: ['completion', 'tools'] });
    const tools = [{ type: 'function', function: { name: 'now' } }];
    for (const more of [{ tools }, { tools, tool_choice: 'auto' }]) {
      const { status, body } = await ask('json', more);
      expect([status, body.details?.[0]?.field]).toEqual([400, 'parameters.format']);
    }
    ollama.next(says('{}'), 2);
    expect((await ask('json', { tools, tool_choice: 'none' })).body.format_valid).toBe(true);
    expect((await ask('json', { tools: [] })).body.format_valid).toBe(true);
  });

  it('a retry gets the answer of the first request', async () => {
    const headers = { 'Idempotency-Key': 'format-1' };
    const body = { message: 'Hi', parameters: { format: CITY } };
    ollama.next(says(GOOD));
    const url = `${service.url}/api/chat`;
    const first = await postJson(url, body, headers);
    const again = await postJson(url, body, headers);
    expect(again.body).toEqual(first.body);
    const other = { message: 'Hi', parameters: { format: { ...CITY, title: null } } };
    expect((await postJson(url, other, headers)).body.reason).toBe('idempotency_mismatch');
  });

  it('says so where the model server cannot use the schema', async () => {
    ollama.next(script().error(500, 'invalid JSON schema in format'));
    const { status, body } = await ask({ not: { type: 'string' } });
    expect([status, body.details?.[0]?.field]).toEqual([400, 'parameters.format']);
  });

  it('says nothing of an answer that takes too long to judge', async () => {
    ollama.next(says(JSON.stringify(`${'a'.repeat(60)}b`)));
    const { status, body } = await ask({ type: 'string', pattern: '^(a+)+$' });
    expect([status, body.format_valid]).toEqual([200, null]);
  });
});
