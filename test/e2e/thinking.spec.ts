import { FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson, sendJson } from '../support/http-client.js';
import { startService, type RunningService } from '../support/service.js';
import {
  describeOnEveryStore,
  describeOnSharedStores,
  type TestStorage,
} from '../support/storages.js';
import { StreamReader } from '../support/stream-reader.js';

const THINKER = 'thinker';
const MODELS = [
  { name: 'llama2' },
  { name: THINKER, capabilities: ['completion', 'thinking'] },
  { name: 'unknown', capabilities: null },
  { name: 'other', capabilities: null },
];
const thought = () => script().thinking('Hm').thinking(', so');
const EVENTS = [
  { thinking: 'Hm' },
  { thinking: ', so' },
  { token: 'The' },
  { token: ' sky' },
  expect.objectContaining({ done: true, finish_reason: 'stop', warnings: null }),
];
const MS = expect.any(Number);

describeOnEveryStore('thinking', (makeStorage) => {
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

  const stream = (body: object = {}): Promise<StreamReader> =>
    StreamReader.post(`${service.url}/api/chat/stream`, {
      message: 'Hi',
      model: THINKER,
      stream_options: { ids: true },
      ...body,
    });
  const idOf = (reader: StreamReader): string =>
    reader.response.headers.get('X-Generation-Id') ?? '';
  const conversationOf = (reader: StreamReader): string =>
    reader.response.headers.get('X-Conversation-Id') ?? '';
  /** The newest message of a conversation, which is committed a moment after its first event. */
  const lastMessage = async (id: string) => {
    for (;;) {
      const { status, body } = await getJson(`${service.url}/api/history/${id}`);
      if (status === 200) return body.messages.at(-1);
    }
  };

  it('is streamed apart from the text, numbered with it, resumed and replayed', async () => {
    ollama.next(thought().tokens('The', ' sky').done());
    const reader = await stream();
    const events = await reader.rest();
    expect(events.map(({ data }) => data)).toEqual(EVENTS);
    expect(events.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5]);
    for (const after of [0, 1, 2, 3, 4]) {
      const url = `${service.url}/api/generations/${idOf(reader)}/stream?after=${after}`;
      const again = await (await StreamReader.open(url)).rest();
      expect(again.map(({ data }) => data)).toEqual(EVENTS.slice(after));
    }
    expect(await lastMessage(conversationOf(reader))).toMatchObject({
      content: 'The sky',
      thinking: 'Hm, so',
      thinking_ms: MS,
      tool_calls: null,
    });
    const { body } = await getJson(`${service.url}/api/generations/${idOf(reader)}`);
    expect(body).toMatchObject({ response: 'The sky', thinking: 'Hm, so', thinking_ms: MS });
    expect(body.context).toEqual({ window: 4096, messages_used: 1, messages_left_out: 0 });
  });

  it('stands in the whole answer beside the text, and is not sent back to the model', async () => {
    ollama.next(thought().tokens('The', ' sky').done(), 2);
    const first = await postJson(`${service.url}/api/chat`, { message: 'Hi', model: THINKER });
    expect(first.body).toMatchObject({
      response: 'The sky',
      thinking: 'Hm, so',
      thinking_ms: MS,
      warnings: null,
    });
    const { conversation_id } = first.body;
    await postJson(`${service.url}/api/chat`, { message: 'And?', model: THINKER, conversation_id });
    expect(ollama.chats.at(-1)?.body).toMatchObject({
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'The sky' },
        { role: 'user', content: 'And?' },
      ],
    });
  });

  it('is a phase, the first event, and what a cancel keeps', async () => {
    const gate = new Gate();
    ollama.next(thought().wait(gate).hang());
    const reader = await stream({ on_disconnect: 'continue' });
    await reader.take(2);
    const { body } = await getJson(`${service.url}/api/generations/${idOf(reader)}`);
    expect(body).toMatchObject({ status: 'running', phase: 'thinking', thinking: 'Hm, so' });
    expect(await lastMessage(conversationOf(reader))).toMatchObject({
      status: 'streaming',
      content: '',
      thinking: 'Hm, so',
      seq: 2,
    });
    const receipt = await postJson(`${service.url}/api/generations/${idOf(reader)}/cancel`);
    expect(receipt.body).toMatchObject({
      status: 'cancelled',
      phase: 'thinking',
      response: '',
      thinking: 'Hm, so',
      thinking_ms: MS,
      upstream_closed: true,
    });
    expect(await lastMessage(conversationOf(reader))).toMatchObject({
      status: 'cancelled',
      content: '',
      thinking: 'Hm, so',
    });
    gate.open();
  });

  it('that used up all tokens is said at the end', async () => {
    ollama.next(thought().done({ reason: 'length' }));
    const events = await (await stream()).rest();
    expect(events.at(-1)?.data).toMatchObject({
      done: true,
      finish_reason: 'length',
      warnings: ['thinking_used_all_tokens'],
    });
  });

  it('goes with its conversation', async () => {
    ollama.next(thought().tokens('The', ' sky').done());
    const reader = await stream();
    await reader.rest();
    await sendJson('DELETE', `${service.url}/api/history/${conversationOf(reader)}`, undefined);
    const { status, body } = await getJson(`${service.url}/api/generations/${idOf(reader)}`);
    if (status === 200) expect(body).toMatchObject({ response: '', thinking: null });
    const replay = await getJson(`${service.url}/api/generations/${idOf(reader)}/stream`);
    expect(replay.status).toBe(404);
  });
});

describeOnSharedStores('thinking on another worker', (makeStorage) => {
  it('is read there as it comes, and replayed with the same bytes', async () => {
    const ollama = await FakeOllama.start(...MODELS);
    const storage = await makeStorage();
    const history = { storage: storage.target, maxConversations: 0 };
    const [here, there] = [
      await startService(ollama, { history }),
      await startService(ollama, { history }),
    ];
    const gate = new Gate();
    ollama.next(thought().wait(gate).tokens('The', ' sky').done());
    const body = { message: 'Hi', model: THINKER, stream_options: { ids: true } };
    const first = await StreamReader.post(`${here.url}/api/chat/stream`, body);
    await first.take(2);
    const id = first.response.headers.get('X-Generation-Id') ?? '';
    const other = await StreamReader.open(`${there.url}/api/generations/${id}/stream`);
    expect((await other.take(2)).map(({ data }) => data)).toEqual(EVENTS.slice(0, 2));
    expect((await getJson(`${there.url}/api/generations/${id}`)).body).toMatchObject({
      phase: 'thinking',
      thinking: 'Hm, so',
    });
    gate.open();
    await Promise.all([first.rest(), other.rest()]);
    expect(other.raw).toBe(first.raw);
    await Promise.all([here.close(), there.close()]);
    await storage.dispose();
    await ollama.close();
  });
});

describe('asking a model to think', () => {
  let ollama: FakeOllama;
  let service: RunningService;

  beforeAll(async () => {
    ollama = await FakeOllama.start(...MODELS);
    service = await startService(ollama);
  });
  afterEach(() => ollama.assertNoUnexpected());
  afterAll(async () => {
    await service.close();
    await ollama.close();
  });

  const ask = (model: string, think: unknown) =>
    postJson(`${service.url}/api/chat`, { message: 'Hi', model, parameters: { think } });
  const sent = () => ollama.chats.at(-1)?.body as { think?: unknown };

  it.each([true, false, 'low', 'medium', 'high'])('sends %j as it is', async (think) => {
    ollama.next(thought().tokens('Yes').done());
    expect((await ask(THINKER, think)).status).toBe(200);
    expect(sent().think).toBe(think);
  });

  it('leaves it to the model where the request does not say', async () => {
    ollama.next(thought().tokens('Yes').done(), 2);
    await ask(THINKER, undefined);
    expect(sent()).not.toHaveProperty('think');
    await ask(THINKER, null);
    expect(sent()).not.toHaveProperty('think');
  });

  it('is refused before anything is stored or sent where the model cannot', async () => {
    const chats = ollama.chats.length;
    for (const think of [true, 'low']) {
      const { status, body } = await ask('llama2', think);
      expect([status, body.reason]).toEqual([400, 'validation']);
      expect(body.details).toMatchObject([{ field: 'parameters.think' }]);
    }
    expect(ollama.chats).toHaveLength(chats);
    expect((await getJson(`${service.url}/api/history`)).body.total).toBe(
      (await getJson(`${service.url}/api/history`)).body.conversations.length,
    );
    ollama.next(script().tokens('Yes').done(), 2);
    expect((await ask('llama2', false)).status).toBe(200);
    expect((await ask('unknown', true)).status).toBe(200);
  });

  it('falls back from a level to true, once for all', async () => {
    const refusal = script().error(400, 'think value "high" is not supported for this model');
    ollama.next(refusal);
    ollama.next(thought().tokens('Yes').done(), 2);
    const chats = ollama.chats.length;
    expect((await ask('unknown', 'high')).body).toMatchObject({ response: 'Yes' });
    expect((await ask('unknown', 'high')).body).toMatchObject({ response: 'Yes' });
    expect(
      ollama.chats.slice(chats).map(({ body }) => (body as { think?: unknown }).think),
    ).toEqual(['high', true, true]);
  });

  it('falls back for each of the requests that were under way together, whatever their settings', async () => {
    const gate = new Gate();
    const refusal = () =>
      script().wait(gate).error(400, 'think value "low" is not supported for this model');
    ollama.next(refusal());
    ollama.next(refusal());
    ollama.next(thought().tokens('Yes').done(), 3);
    const chats = ollama.chats.length;
    const low = (seed: number) =>
      postJson(`${service.url}/api/chat`, {
        message: 'Hi',
        model: 'other',
        parameters: { think: 'low', seed },
      });
    const both = [low(1), low(1)];
    await ollama.chat(chats + 1);
    gate.open();
    for (const { body } of await Promise.all(both)) expect(body).toMatchObject({ response: 'Yes' });
    expect((await low(2)).body).toMatchObject({ response: 'Yes' });
    const asked = ollama.chats.slice(chats).map(({ body }) => (body as { think?: unknown }).think);
    expect(asked).toEqual(['low', 'low', true, true, true]);
  });

  it.each(['yes', 1, 'LOW', {}, []])('refuses %j', async (think) => {
    const { status, body } = await ask(THINKER, think);
    expect(status).toBe(400);
    expect(body.details).toMatchObject([{ field: 'parameters.think' }]);
  });

  it('separates tags that a server leaves in the text, however they are cut', async () => {
    ollama.next(script().tokens('<th', 'ink>H', 'm</thi', 'nk>\n\nY', 'es').done());
    const { body } = await ask('llama2', undefined);
    expect(body).toMatchObject({ response: 'Yes', thinking: 'Hm' });
  });
});
