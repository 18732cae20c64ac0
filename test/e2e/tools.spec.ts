import { FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson, sendJson } from '../support/http-client.js';
import { startService, type RunningService } from '../support/service.js';
import {
  describeOnEveryStore,
  describeOnSharedStores,
  type TestStorage,
} from '../support/storages.js';
import { StreamReader } from '../support/stream-reader.js';

const CALLER = 'caller';
const MODELS = [
  { name: 'llama2' },
  { name: CALLER, capabilities: ['completion', 'tools', 'thinking'] },
  { name: 'unknown', capabilities: null },
];
/** Names and values that would be lost or take effect if they were not kept as sent. */
const SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string', default: null }, constructor: { type: 'null' } },
  required: ['city'],
  $comment: null,
};
const TOOLS = [
  { type: 'function', function: { name: 'weather', description: 'Now', parameters: SCHEMA } },
  { type: 'function', function: { name: 'clock' } },
];
const ARGUMENTS = { city: 'Wien', at: null, __proto__x: [1, null] };
const WEATHER = { id: 'w1', name: 'weather', arguments: ARGUMENTS };
const CLOCK = { id: 'c1', name: 'clock', arguments: {} };
const calling = () => script().thinking('Hm').token('So').calls(WEATHER).calls(CLOCK).done();
const EVENTS = [
  { thinking: 'Hm' },
  { token: 'So' },
  { tool_call: WEATHER },
  { tool_call: CLOCK },
  expect.objectContaining({ done: true, finish_reason: 'tool_calls' }),
];
const SUNNY = { tool_call_id: 'w1', content: '{"sky": null}' };
const NOON = { tool_call_id: 'c1', content: 'No clock', is_error: true };

describeOnEveryStore('tools', (makeStorage) => {
  let ollama: FakeOllama;
  let storage: TestStorage;
  let service: RunningService;

  beforeAll(async () => {
    ollama = await FakeOllama.start(...MODELS);
    storage = await makeStorage();
    const history = { storage: storage.target, maxConversations: 0 };
    const options = { history, generation: { retentionMs: 600_000 } };
    service = await startService(ollama, options);
  });
  afterEach(() => ollama.assertNoUnexpected());
  afterAll(async () => {
    await service.close();
    await storage.dispose();
    await ollama.close();
  });

  const chat = (body: object) =>
    postJson(`${service.url}/api/chat`, { model: CALLER, tools: TOOLS, ...body });
  const sent = () => ollama.chats.at(-1)?.body as Record<string, unknown>;
  const messagesOf = async (id: string) =>
    (await getJson(`${service.url}/api/history/${id}`)).body.messages;
  /** A conversation whose last answer calls two tools. */
  const called = async (): Promise<string> => {
    ollama.next(calling());
    return (await chat({ message: 'How is it?' })).body.conversation_id;
  };
  const refusal = async (body: object) => {
    const { status, body: error } = await chat(body);
    return [status, error.reason, error.details?.[0]?.field];
  };

  it('are shown to the model as sent, and their calls are streamed, stored and replayed', async () => {
    ollama.next(calling());
    const body = { message: 'How is it?', model: CALLER, tools: TOOLS };
    const reader = await StreamReader.post(`${service.url}/api/chat/stream`, body);
    expect((await reader.rest()).map(({ data }) => data)).toEqual(EVENTS);
    expect(sent()['tools']).toEqual([
      TOOLS[0],
      { type: 'function', function: { name: 'clock', parameters: expect.any(Object) } },
    ]);
    const generation = reader.response.headers.get('X-Generation-Id') ?? '';
    for (const after of [0, 1, 2, 3]) {
      const url = `${service.url}/api/generations/${generation}/stream?after=${String(after)}`;
      const again = await (await StreamReader.open(url)).rest();
      expect(again.map(({ data }) => data)).toEqual(EVENTS.slice(after));
    }
    const id = reader.response.headers.get('X-Conversation-Id') ?? '';
    expect((await messagesOf(id)).at(-1)).toMatchObject({
      content: 'So',
      thinking: 'Hm',
      tool_calls: [WEATHER, CLOCK],
      finish_reason: 'tool_calls',
    });
    const record = await getJson(`${service.url}/api/generations/${generation}`);
    expect(record.body).toMatchObject({
      tool_calls: [WEATHER, CLOCK],
      finish_reason: 'tool_calls',
    });
  });

  it('are answered over several rounds, by the model that called them', async () => {
    const conversation_id = await called();
    const again = { ...WEATHER, id: 'w2' };
    ollama.next(script().thinking('Once more').calls(again).done());
    const second = await chat({ conversation_id, tool_results: [NOON, SUNNY], model: undefined });
    expect(second.body).toMatchObject({
      model: CALLER,
      response: '',
      tool_calls: [again],
      finish_reason: 'tool_calls',
    });
    ollama.next(script().tokens('It is', ' sunny').done());
    const results = [{ tool_call_id: 'w2', content: '' }];
    const third = await chat({ conversation_id, tool_results: results, message: 'In short' });
    expect(third.body).toMatchObject({ response: 'It is sunny', finish_reason: 'stop' });
    expect(sent()['messages']).toEqual([
      { role: 'user', content: 'How is it?' },
      { role: 'assistant', content: 'So', tool_calls: [toOllama(WEATHER), toOllama(CLOCK)] },
      { role: 'tool', content: 'No clock', tool_call_id: 'c1', tool_name: 'clock' },
      { role: 'tool', content: '{"sky": null}', tool_call_id: 'w1', tool_name: 'weather' },
      { role: 'assistant', content: '', tool_calls: [toOllama(again)] },
      { role: 'tool', content: '', tool_call_id: 'w2', tool_name: 'weather' },
      { role: 'user', content: 'In short' },
    ]);
    expect(await messagesOf(conversation_id)).toMatchObject([
      { role: 'user', tool_call_id: null, is_error: null },
      { role: 'assistant', tool_calls: [WEATHER, CLOCK] },
      { role: 'tool', content: 'No clock', tool_call_id: 'c1', is_error: true },
      { role: 'tool', content: '{"sky": null}', tool_call_id: 'w1', is_error: false },
      { role: 'assistant', tool_calls: [again] },
      { role: 'tool', content: '', tool_call_id: 'w2' },
      { role: 'user', content: 'In short' },
      { role: 'assistant', content: 'It is sunny' },
    ]);
  });

  it('get the thinking before the call back while the chain of calls goes on', async () => {
    const conversation_id = await called();
    ollama.next(script().tokens('Fine').done());
    await chat({ conversation_id, tool_results: [SUNNY, NOON] });
    expect(sent()['messages']).toMatchObject([{}, { content: 'So', thinking: 'Hm' }, {}, {}]);
  });

  it.each([
    ['only some results', { tool_results: [SUNNY] }],
    ['only a message', { message: 'Never mind' }],
  ])('that get %s are shown as calls without a result, and get none later', async (_, body) => {
    const conversation_id = await called();
    ollama.next(script().tokens('Well').done());
    expect((await chat({ conversation_id, ...body })).status).toBe(200);
    const shown = sent()['messages'] as { role: string; content: string; tool_call_id?: string }[];
    expect(shown.filter(({ role }) => role === 'tool')).toHaveLength(2);
    expect(shown.find(({ tool_call_id: id }) => id === 'c1')?.content).toMatch(/^No result/);
    expect(await refusal({ conversation_id, tool_results: [NOON] })).toEqual([
      400,
      'validation',
      'tool_results[0].tool_call_id',
    ]);
    expect(await messagesOf(conversation_id)).toHaveLength(4);
  });

  it('have ids that are unique in their conversation', async () => {
    const conversation_id = await called();
    ollama.next(script().calls(WEATHER, { name: 'clock', arguments: {} }).done());
    const { body } = await chat({ conversation_id, tool_results: [SUNNY] });
    const ids = body.tool_calls.map(({ id }: { id: string }) => id);
    expect(new Set(['w1', 'c1', ...ids]).size).toBe(4);
    ollama.next(script().tokens('Thanks').done());
    const results = ids.map((id: string) => ({ tool_call_id: id, content: id }));
    expect((await chat({ conversation_id, tool_results: results })).status).toBe(200);
  });

  it('are cancelled between two calls, and the first can be answered', async () => {
    const gate = new Gate();
    ollama.next(script().calls(WEATHER).wait(gate).hang());
    const reader = await StreamReader.post(`${service.url}/api/chat/stream`, {
      message: 'How is it?',
      model: CALLER,
      tools: TOOLS,
    });
    await reader.take(1);
    const generation = reader.response.headers.get('X-Generation-Id') ?? '';
    const receipt = await postJson(`${service.url}/api/generations/${generation}/cancel`);
    expect(receipt.body).toMatchObject({ status: 'cancelled', tool_calls: [WEATHER] });
    gate.open();
    const conversation_id = reader.response.headers.get('X-Conversation-Id') ?? '';
    ollama.next(script().tokens('Sunny').done());
    expect((await chat({ conversation_id, tool_results: [SUNNY] })).body).toMatchObject({
      response: 'Sunny',
    });
  });

  it('are called again by regenerate, and then the earlier calls have no results', async () => {
    const conversation_id = await called();
    ollama.next(script().tokens('Without').done());
    await chat({ conversation_id, regenerate: true });
    expect((await messagesOf(conversation_id)).at(-1)).toMatchObject({ content: 'Without' });
    expect((await refusal({ conversation_id, tool_results: [SUNNY] }))[0]).toBe(400);
  });

  it('keep their results when the answer to these is given again', async () => {
    const conversation_id = await called();
    ollama.next(script().tokens('Sunny').done());
    await chat({ conversation_id, tool_results: [SUNNY, NOON] });
    ollama.next(script().tokens('Bright').done());
    await chat({ conversation_id, regenerate: true });
    expect(sent()['messages']).toMatchObject([
      { role: 'user' },
      { role: 'assistant' },
      { role: 'tool' },
      { role: 'tool' },
    ]);
    expect(await messagesOf(conversation_id)).toMatchObject([
      {},
      {},
      { role: 'tool' },
      { role: 'tool' },
      { content: 'Bright' },
    ]);
  });

  it('are replayed by a retry of the results, and not asked again', async () => {
    const conversation_id = await called();
    ollama.next(script().tokens('Sunny').done());
    const body = { conversation_id, tool_results: [SUNNY, NOON], model: CALLER };
    const headers = { 'Idempotency-Key': `tools-${conversation_id}` };
    const first = await postJson(`${service.url}/api/chat`, body, headers);
    const again = await postJson(`${service.url}/api/chat`, body, headers);
    expect(again.headers.get('Idempotency-Replayed')).toBe('true');
    expect(again.body).toEqual(first.body);
  });

  it('go with their conversation', async () => {
    const conversation_id = await called();
    ollama.next(script().tokens('Sunny').done());
    const { body } = await chat({ conversation_id, tool_results: [SUNNY, NOON] });
    const [, answer] = await messagesOf(conversation_id);
    await sendJson('DELETE', `${service.url}/api/history/${conversation_id}`, undefined);
    for (const id of [answer.generation_id, body.generation_id]) {
      const record = await getJson(`${service.url}/api/generations/${id}`);
      if (record.status === 200)
        expect(record.body).toMatchObject({ response: '', tool_calls: null });
      expect((await getJson(`${service.url}/api/generations/${id}/stream`)).status).toBe(404);
    }
    const again = await chat({ conversation_id, tool_results: [SUNNY] });
    expect(again.status).toBe(404);
  });

  it('lose nothing of a turn that fails before its first event', async () => {
    const conversation_id = await called();
    ollama.next(script().error(400, 'broken'));
    expect((await chat({ conversation_id, tool_results: [SUNNY, NOON] })).status).toBe(503);
    ollama.next(script().tokens('Sunny').done());
    expect((await chat({ conversation_id, tool_results: [SUNNY, NOON] })).status).toBe(200);
  });

  describe('a request that is wrong', () => {
    const tool = (changes: object) => [{ ...TOOLS[1], ...changes }];
    const many = Array.from({ length: 129 }, () => TOOLS[1]);

    it.each([
      ['a tool without a type', { tools: [{ function: { name: 'a' } }] }, 'tools[0].type'],
      ['another type', { tools: tool({ type: 'retrieval' }) }, 'tools[0].type'],
      ['no function', { tools: [{ type: 'function' }] }, 'tools[0].function'],
      [
        'a name with a blank',
        { tools: tool({ function: { name: 'a b' } }) },
        'tools[0].function.name',
      ],
      [
        'a schema that is a list',
        { tools: tool({ function: { name: 'a', parameters: [] } }) },
        'tools[0].function.parameters',
      ],
      [
        'an unknown field',
        { tools: tool({ function: { name: 'a', strict: true } }) },
        'tools[0].function.strict',
      ],
      [
        'an unknown null',
        { tools: tool({ function: { name: 'a', strict: null } }) },
        'tools[0].function.strict',
      ],
      ['a list of numbers', { tools: [1] }, 'tools'],
      ['no list', { tools: {} }, 'tools'],
      ['129 tools', { tools: many }, 'tools'],
      ['an unknown choice', { tool_choice: 'required' }, 'tool_choice'],
      ['results without a conversation', { tool_results: [SUNNY] }, 'conversation_id'],
      [
        'a result without an id',
        { conversation_id: 'x', tool_results: [{ content: '' }] },
        'tool_results[0].tool_call_id',
      ],
      [
        'a result without content',
        { conversation_id: 'x', tool_results: [{ tool_call_id: 'a' }] },
        'tool_results[0].content',
      ],
      [
        'a result that is no text',
        { conversation_id: 'x', tool_results: [{ ...SUNNY, content: {} }] },
        'tool_results[0].content',
      ],
      [
        'a result of 100,001 characters',
        { conversation_id: 'x', tool_results: [{ ...SUNNY, content: 'a'.repeat(100_001) }] },
        'tool_results[0].content',
      ],
      [
        'a result twice',
        { conversation_id: 'x', tool_results: [SUNNY, NOON, SUNNY] },
        'tool_results[2].tool_call_id',
      ],
      [
        'results with regenerate',
        { conversation_id: 'x', regenerate: true, tool_results: [SUNNY] },
        'tool_results',
      ],
    ])('%s is refused, and says where', async (_, body, field) => {
      const given = 'tool_results' in body ? body : { message: 'Hi', ...body };
      expect(await refusal(given)).toEqual([400, 'validation', field]);
    });

    it('tools for a model that cannot call them are refused before it is asked', async () => {
      const chats = ollama.chats.length;
      const body = { message: 'Hi', tools: TOOLS };
      expect(await refusal({ ...body, model: 'llama2' })).toEqual([400, 'validation', 'tools']);
      expect(ollama.chats).toHaveLength(chats);
      ollama.next(script().tokens('Yes').done(), 2);
      expect((await chat({ ...body, model: 'unknown' })).status).toBe(200);
      expect((await chat({ ...body, model: 'llama2', tool_choice: 'none' })).status).toBe(200);
      expect(sent()).not.toHaveProperty('tools');
    });

    it('results of an unknown conversation are 404', async () => {
      const body = { conversation_id: 'unknown', tool_results: [SUNNY] };
      expect((await chat(body)).status).toBe(404);
    });

    it('results for one that calls no tools are refused', async () => {
      ollama.next(script().tokens('Hello').done());
      const { conversation_id } = (await chat({ message: 'Hi' })).body;
      const fields = [400, 'validation', 'tool_results[0].tool_call_id'];
      expect(await refusal({ conversation_id, tool_results: [SUNNY] })).toEqual(fields);
    });
  });
});

describeOnSharedStores('tools on another worker', (makeStorage) => {
  it('are read there as they are called, answered there, and replayed with the same bytes', async () => {
    const ollama = await FakeOllama.start(...MODELS);
    const storage = await makeStorage();
    const history = { storage: storage.target, maxConversations: 0 };
    const [here, there] = [
      await startService(ollama, { history }),
      await startService(ollama, { history }),
    ];
    const gate = new Gate();
    ollama.next(script().thinking('Hm').calls(WEATHER).wait(gate).calls(CLOCK).done());
    const body = { message: 'Hi', model: CALLER, tools: TOOLS, stream_options: { ids: true } };
    const first = await StreamReader.post(`${here.url}/api/chat/stream`, body);
    await first.take(2);
    const id = first.response.headers.get('X-Generation-Id') ?? '';
    const other = await StreamReader.open(`${there.url}/api/generations/${id}/stream`);
    expect((await other.take(2)).map(({ data }) => data)).toEqual([
      { thinking: 'Hm' },
      { tool_call: WEATHER },
    ]);
    gate.open();
    await Promise.all([first.rest(), other.rest()]);
    expect(other.raw).toBe(first.raw);
    ollama.next(script().tokens('Fine').done());
    const conversation_id = first.response.headers.get('X-Conversation-Id') ?? '';
    const answer = await postJson(`${there.url}/api/chat`, {
      conversation_id,
      tool_results: [SUNNY, NOON],
    });
    expect(answer.body).toMatchObject({ response: 'Fine', model: CALLER });
    await Promise.all([here.close(), there.close()]);
    await storage.dispose();
    await ollama.close();
  });
});

function toOllama({ id, name, arguments: args }: typeof WEATHER | typeof CLOCK) {
  return { id, type: 'function', function: { name, arguments: args } };
}
