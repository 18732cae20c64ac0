import { randomUUID } from 'node:crypto';
import { lastAssistantMessageIsCompleteWithToolCalls } from 'ai';
import { answer, FakeOllama, Gate, script } from '../../support/fake-ollama.js';
import { getJson, postJson, sendJson } from '../../support/http-client.js';
import { dataUrlOf } from '../../support/pictures.js';
import { startService, type RunningService } from '../../support/service.js';
import { describeOnEveryStore, type TestStorage } from '../../support/storages.js';
import { UiChat } from '../../support/ui-chat.js';

const CALLER = 'caller';
const MODELS = [
  { name: 'llama2' },
  { name: CALLER, capabilities: ['completion', 'tools', 'thinking'] },
  { name: 'seer', capabilities: ['completion', 'vision'] },
];
const TOOLS = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }];
const WEATHER = { id: 'w1', name: 'weather', arguments: { city: 'Wien', at: null } };

describeOnEveryStore('the AI SDK’s chat', (makeStorage) => {
  let ollama: FakeOllama;
  let storage: TestStorage;
  let service: RunningService;

  beforeAll(async () => {
    ollama = await FakeOllama.start(...MODELS);
    storage = await makeStorage();
    const history = { storage: storage.target, maxConversations: 0 };
    service = await startService(ollama, { history, generation: { retentionMs: 600_000 } });
  });
  afterEach(() => ollama.assertNoUnexpected());
  afterAll(async () => {
    await service.close();
    await storage.dispose();
    await ollama.close();
  });

  const api = (chatId: string, rest = '') =>
    `${service.url}/api/chat/ui/${encodeURIComponent(chatId)}${rest}`;
  /** As a page makes one: with an id of the client's own. */
  const newChat = (body: object = {}, more: object = {}) =>
    new UiChat(service.url, { id: `chat "${randomUUID()}"`, ...more }, { body });
  const read = async (chat: UiChat) => (await getJson(api(chat.id))).body;
  const lastPrompt = () => ollama.chats.at(-1)?.body.messages;

  it('answers, keeps the history and the client’s ids, and reads as it was streamed', async () => {
    const chat = newChat({ system: 'Be brief' });
    ollama.next(answer('Good', ' day'));
    await chat.sendMessage({ text: 'Hello' });
    expect(chat.status).toBe('ready');
    expect(chat.texts).toEqual(['user: Hello', 'assistant: Good day']);
    const [question, reply] = chat.sent;
    expect(reply).toMatchObject({
      parts: [{ type: 'step-start' }, { type: 'text', text: 'Good day', state: 'done' }],
      metadata: {
        conversation_id: expect.any(String),
        generation_id: expect.any(String),
        model: 'llama2',
        created_at: expect.stringMatching(/^20.*Z$/),
        finish_reason: 'stop',
        usage: { prompt_tokens: 12, completion_tokens: 2 },
      },
    });

    ollama.next(answer('Fine'));
    await chat.sendMessage({ text: 'How are you?' });
    expect(lastPrompt().map(({ content }: { content: string }) => content)).toEqual([
      'Be brief',
      'Hello',
      'Good day',
      'How are you?',
    ]);
    const body = await read(chat);
    expect(body).toMatchObject({
      id: chat.id,
      conversation_id: reply.metadata.conversation_id,
      active_generation_id: null,
    });
    expect(body.messages.map(({ id }: { id: string }) => id)).toEqual(
      chat.messages.map(({ id }) => id),
    );
    expect(body.messages[0]).toMatchObject({
      ...question,
      metadata: { siblings: [expect.any(String)] },
    });
    expect(body.messages[1]).toMatchObject(reply);
    const { conversations } = (await getJson(`${service.url}/api/history`)).body;
    expect(conversations).toContainEqual(
      expect.objectContaining({ id: body.conversation_id, chat_id: chat.id, title: 'Hello' }),
    );
    // The conversation's own id is a name of it, too.
    expect((await getJson(api(body.conversation_id))).body.messages).toEqual(body.messages);
  });

  it('writes the stream of version 1, the same again for who joins it', async () => {
    const id = randomUUID();
    const gate = new Gate();
    ollama.next(script().thinking('Hm').tokens('a', 'b').wait(gate).done({ reason: 'length' }));
    const message = { id: 'm1', role: 'user', parts: [{ type: 'text', text: 'Go' }] };
    const response = await fetch(`${service.url}/api/chat/ui`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ id, message, unknown: { field: null } }),
    });
    expect(response.headers.get('x-vercel-ai-ui-message-stream')).toBe('v1');
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const joined = await fetch(api(id, '/stream'));
    gate.open();
    const text = await response.text();
    expect(await joined.text()).toBe(text);
    const chunks = text
      .trimEnd()
      .split('\n\n')
      .map((block) => block.replace('data: ', ''));
    expect(chunks.at(-1)).toBe('[DONE]');
    expect(chunks.slice(0, -1).map((chunk): unknown => JSON.parse(chunk))).toEqual([
      { type: 'start', messageId: expect.any(String), messageMetadata: expect.any(Object) },
      { type: 'start-step' },
      { type: 'reasoning-start', id: 'r1' },
      { type: 'reasoning-delta', id: 'r1', delta: 'Hm' },
      { type: 'reasoning-end', id: 'r1' },
      { type: 'text-start', id: 't2' },
      { type: 'text-delta', id: 't2', delta: 'a' },
      { type: 'text-delta', id: 't2', delta: 'b' },
      { type: 'text-end', id: 't2' },
      { type: 'finish-step' },
      {
        type: 'finish',
        finishReason: 'length',
        messageMetadata: {
          finish_reason: 'length',
          usage: { prompt_tokens: 12, completion_tokens: 2 },
        },
      },
    ]);
    expect((await fetch(api(id, '/stream'))).status).toBe(204);
  });

  it('runs tools in the client, as one message', async () => {
    const chat = newChat(
      { model: CALLER, tools: TOOLS },
      { sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls },
    );
    ollama.next(script().thinking('Hm').token('Let me see').calls(WEATHER).done());
    await chat.sendMessage({ text: 'Is it warm?' });
    expect(chat.sent[1].parts.at(-1)).toMatchObject({
      type: 'tool-weather',
      toolCallId: 'w1',
      state: 'input-available',
      input: WEATHER.arguments,
    });
    ollama.next(answer('It is'));
    await chat.addToolOutput({ tool: 'weather', toolCallId: 'w1', output: { c: 21, sky: null } });
    while (chat.status !== 'ready' || ollama.chats.at(-1)?.body.messages.length < 3)
      await new Promise((resolve) => setImmediate(resolve));
    expect(lastPrompt().at(-1)).toMatchObject({ role: 'tool', content: '{"c":21,"sky":null}' });
    expect(chat.messages).toHaveLength(2);
    const { messages } = await read(chat);
    expect(messages).toHaveLength(2);
    const withoutIds = chat.sent[1].parts.map(
      ({ type, id, ...part }: { type: string; id?: string }) =>
        type === 'reasoning' ? { type, ...part } : { type, ...(id && { id }), ...part },
    );
    expect(messages[1].parts).toEqual(withoutIds);
    expect(messages[1]).toMatchObject({
      id: chat.messages[1]?.id,
      metadata: chat.sent[1].metadata,
    });
  });

  it('answers again and edits as branches', async () => {
    const chat = newChat();
    ollama.next(answer('one')).next(answer('two')).next(answer('three'));
    await chat.sendMessage({ text: 'Hello' });
    await chat.regenerate();
    expect(chat.texts).toEqual(['user: Hello', 'assistant: two']);
    const [question] = chat.messages;
    await chat.sendMessage({ text: 'Hello there', messageId: question?.id ?? '' });
    expect(chat.texts).toEqual(['user: Hello there', 'assistant: three']);
    const { messages, conversation_id: id } = await read(chat);
    expect(messages.map((message: { id: string }) => message.id)).toEqual(
      chat.messages.map((message) => message.id),
    );
    expect(messages[0].metadata.siblings).toHaveLength(2);
    const all = await getJson(`${service.url}/api/history/${id}?branch=all`);
    expect(all.body.messages.map(({ content }: { content: string }) => content)).toEqual([
      ...['Hello', 'one', 'two', 'Hello there', 'three'],
    ]);

    // A page that still shows the first branch goes on with it.
    const old = new UiChat(service.url, {
      id: chat.id,
      messages: [
        { id: all.body.messages[0].id, role: 'user', parts: [{ type: 'text', text: 'Hello' }] },
        { id: all.body.messages[2].id, role: 'assistant', parts: [{ type: 'text', text: 'two' }] },
      ],
    });
    ollama.next(answer('four'));
    await old.sendMessage({ text: 'And?' });
    expect((await read(chat)).messages.map(({ parts }: any) => parts.at(-1).text)).toEqual([
      ...['Hello', 'two', 'And?', 'four'],
    ]);
  });

  it('tells what failed before the first token, and answers anew what was not kept', async () => {
    const chat = newChat();
    ollama.next(script().error(500)).always(script().error(500));
    await chat.sendMessage({ text: 'Hello' });
    ollama.always(answer('always'));
    expect(chat.status).toBe('error');
    const told = JSON.parse(chat.error?.message ?? '');
    expect(told).toMatchObject({ reason: expect.any(String), request_id: expect.any(String) });
    expect((await getJson(api(chat.id))).status).toBe(404);
    ollama.next(answer('Now'));
    await chat.regenerate();
    expect(chat.texts).toEqual(['user: Hello', 'assistant: Now']);
    expect((await read(chat)).messages).toHaveLength(2);
  });

  it('tells what failed after it, and keeps the text', async () => {
    const chat = newChat();
    ollama.next(script().tokens('a', 'b').cut());
    await chat.sendMessage({ text: 'Hello' });
    expect(chat.status).toBe('error');
    expect(chat.error?.message).toMatch(/^[A-Z].* /);
    expect(chat.texts).toEqual(['user: Hello', 'assistant: ab']);
    expect(chat.sent[1].metadata.error).toEqual({
      code: expect.any(String),
      reason: expect.any(String),
    });
    const { messages } = await read(chat);
    expect(messages[1].parts.at(-1)).toEqual({ type: 'text', text: 'ab', state: 'done' });
  });

  it('is stopped by its own route, and stays stopped', async () => {
    const chat = newChat();
    ollama.next(script().tokens('a').hang());
    const sending = chat.sendMessage({ text: 'Hello' });
    await ollama.chat(ollama.chats.length - 1);
    while (chat.status !== 'streaming') await new Promise((resolve) => setImmediate(resolve));
    const stopped = await postJson(api(chat.id, '/stop'));
    expect(stopped.body).toMatchObject({ status: 'cancelled', response: 'a' });
    await sending;
    expect(chat.status).toBe('ready');
    expect(chat.texts).toEqual(['user: Hello', 'assistant: a']);
    expect((await read(chat)).messages[1].metadata).toMatchObject({ finish_reason: 'cancelled' });
    expect((await postJson(api(chat.id, '/stop'))).body).toEqual({ id: null });
    expect((await postJson(api('unknown', '/stop'))).body).toEqual({ id: null });
    expect((await fetch(api('unknown', '/stream'))).status).toBe(204);
    expect((await getJson(api('unknown'))).status).toBe(404);
  });

  it('goes on after stop(), which only closes the connection', async () => {
    const chat = newChat();
    ollama.next(script().tokens('a').hang());
    const sending = chat.sendMessage({ text: 'Hello' });
    while (chat.status !== 'streaming') await new Promise((resolve) => setImmediate(resolve));
    const running = ollama.chats.at(-1);
    await chat.stop();
    await sending;
    ollama.next(answer('Yes'));
    await chat.sendMessage({ text: 'And now?' });
    expect(chat.status).toBe('ready');
    expect(chat.texts).toEqual(['user: Hello', 'assistant: a', 'user: And now?', 'assistant: Yes']);
    expect(await running?.closed).toBe('client_left');
    const { messages } = await read(chat);
    expect(messages[1].metadata).toMatchObject({ finish_reason: 'cancelled' });
    expect(messages.map(({ id }: { id: string }) => id)).toEqual(chat.messages.map(({ id }) => id));
  });

  it('keeps an answer that somebody reads from the next message', async () => {
    const chat = newChat();
    const gate = new Gate();
    ollama.next(script().tokens('a').wait(gate).done());
    const sending = chat.sendMessage({ text: 'Hello' });
    while (chat.status !== 'streaming') await new Promise((resolve) => setImmediate(resolve));
    const message = { id: 'm2', role: 'user', parts: [{ type: 'text', text: 'Me too' }] };
    const other = await postJson(`${service.url}/api/chat/ui`, { id: chat.id, message });
    expect(other).toMatchObject({ status: 409, body: { reason: 'conversation_busy' } });
    gate.open();
    await sending;
    expect(chat.texts).toEqual(['user: Hello', 'assistant: a']);
  });

  it('is joined by a page that reloads, also while the prompt is read', async () => {
    const first = newChat();
    const gate = new Gate();
    ollama.next(script().wait(gate).tokens('So', ' it is').done());
    const sending = first.sendMessage({ text: 'Hello' });
    await ollama.chat(ollama.chats.length);
    const { messages, active_generation_id: active } = await read(first);
    expect(active).toEqual(expect.any(String));
    expect(messages).toMatchObject([{ id: first.messages[0]?.id, role: 'user' }]);
    const joined = new Gate();
    const watched: typeof fetch = async (...request) => {
      const response = await fetch(...request);
      joined.open();
      return response;
    };
    const second = new UiChat(service.url, { id: first.id, messages }, { fetch: watched });
    const resuming = second.resumeStream();
    await joined.opened;
    gate.open();
    await Promise.all([sending, resuming]);
    expect(second.texts).toEqual(['user: Hello', 'assistant: So it is']);
    expect(second.messages[1]?.id).toBe(first.messages[1]?.id);
    expect(second.sent[1]).toEqual(first.sent[1]);
  });

  it('is joined with all its steps while it goes on with results of tools', async () => {
    const first = newChat({ model: CALLER, tools: TOOLS });
    ollama.next(script().token('Let me see').calls(WEATHER).done());
    await first.sendMessage({ text: 'Is it warm?' });
    const gate = new Gate();
    ollama.next(script().token('It').wait(gate).token(' is').done());
    await first.addToolOutput({ tool: 'weather', toolCallId: 'w1', output: '21°' });
    const sending = first.sendMessage();
    while (first.status !== 'streaming') await new Promise((resolve) => setImmediate(resolve));
    const { messages } = await read(first);
    const second = new UiChat(service.url, { id: first.id, messages });
    const resuming = second.resumeStream();
    while (second.status !== 'streaming') await new Promise((resolve) => setImmediate(resolve));
    gate.open();
    await Promise.all([sending, resuming]);
    expect(second.messages).toHaveLength(2);
    expect(second.texts).toEqual(['user: Is it warm?', 'assistant: Let me see|It is']);
    expect(second.sent[1].parts).toEqual(first.sent[1].parts);
  });

  it('is over once it was deleted', async () => {
    const chat = newChat();
    ollama.next(answer('Hi'));
    await chat.sendMessage({ text: 'Hello' });
    const { conversation_id: id } = await read(chat);
    await sendJson('DELETE', `${service.url}/api/history/${id}`);
    await chat.sendMessage({ text: 'Still there?' });
    expect(JSON.parse(chat.error?.message ?? '')).toMatchObject({ reason: 'conversation_deleted' });
    expect((await getJson(api(chat.id))).status).toBe(404);
  });

  it('takes over a chat that it does not know, once', async () => {
    const parts = [
      { type: 'step-start' },
      { type: 'reasoning', text: 'Hm', state: 'done' },
      {
        type: 'tool-weather',
        toolCallId: 'x1',
        state: 'output-available',
        input: {},
        output: '7°',
      },
      { type: 'step-start' },
      { type: 'text', text: 'Cold', state: 'done' },
    ];
    const chat = newChat(
      {},
      {
        messages: [
          { id: 'q1', role: 'user', parts: [{ type: 'text', text: 'Warm?' }] },
          { id: 'a1', role: 'assistant', parts },
        ],
      },
    );
    ollama.next(answer('Yes'));
    await chat.sendMessage({ text: 'Really?' });
    expect(chat.texts.at(-1)).toBe('assistant: Yes');
    const { messages, conversation_id: id } = await read(chat);
    expect(messages.map((message: { id: string }) => message.id)).toEqual(
      chat.messages.map((message) => message.id),
    );
    expect(messages[1].parts).toEqual(parts);
    expect(lastPrompt()).toMatchObject([
      { role: 'user', content: 'Warm?' },
      { role: 'assistant', tool_calls: [{ function: { name: 'weather' } }] },
      { role: 'tool', content: '7°' },
      { role: 'assistant', content: 'Cold' },
      { role: 'user', content: 'Really?' },
    ]);
    ollama.next(answer('So'));
    await chat.sendMessage({ text: 'Hm' });
    const { body } = await getJson(`${service.url}/api/history/${id}`);
    expect(body).toMatchObject({ message_count: 8, title: 'Warm?' });
  });

  it('takes images as data URLs and as this service names them', async () => {
    const chat = newChat({ model: 'seer' });
    ollama.next(answer('A line'));
    const url = dataUrlOf('png');
    await chat.sendMessage({ text: '', files: [{ type: 'file', mediaType: 'image/png', url }] });
    expect(chat.texts.at(-1)).toBe('assistant: A line');
    const { messages } = await read(chat);
    const [file] = messages[0].parts;
    expect(file).toEqual({
      type: 'file',
      mediaType: 'image/png',
      url: expect.stringMatching(/^\/api\/history\/.*\/images\/[0-9a-f]{64}$/),
    });
    const other = newChat({ model: 'seer' });
    ollama.next(answer('The same'));
    await other.sendMessage({ text: 'And this?', files: [file] });
    expect(other.texts.at(-1)).toBe('assistant: The same');
    expect(lastPrompt().at(-1).images).toHaveLength(1);
    const elsewhere = { type: 'file', mediaType: 'image/png', url: 'https://example.org/a.png' };
    const message = { id: 'm', role: 'user', parts: [elsewhere] };
    expect(await postJson(`${service.url}/api/chat/ui`, { id: other.id, message })).toMatchObject({
      status: 400,
      body: { details: [{ field: 'message.parts[0].url' }] },
    });
  });

  it.each([
    ['no id', { messages: [] }, 'id'],
    ['no message', { id: 'x', messages: [] }, 'messages'],
    ['an empty text', { id: 'x', message: { id: 'm', role: 'user', parts: [] } }, 'message.parts'],
    [
      'too long a text',
      {
        id: 'x',
        message: { id: 'm', role: 'user', parts: [{ type: 'text', text: 'x'.repeat(10_001) }] },
      },
      'message.parts',
    ],
    [
      'a wrong parameter',
      { id: 'x', messages: [], parameters: { temperature: 9 } },
      'parameters.temperature',
    ],
  ])('refuses %s', async (_what, body, field) => {
    const { status, body: told } = await postJson(`${service.url}/api/chat/ui`, body);
    expect(status).toBe(400);
    expect(told.details[0].field).toBe(field);
  });

  it('gives structured output, and what its transport adds', async () => {
    const chat = newChat({ parameters: { format: 'json', temperature: 0 } });
    ollama.next(answer('{"a":1}'));
    await chat.sendMessage({ text: 'JSON' });
    expect(chat.texts.at(-1)).toBe('assistant: {"a":1}');
    expect(ollama.chats.at(-1)?.body).toMatchObject({ format: 'json' });
  });

  it('joins the first answer with an idempotency key', async () => {
    const key = { 'Idempotency-Key': randomUUID() };
    const chat = new UiChat(service.url, { id: randomUUID() }, { headers: key });
    ollama.next(answer('Once'));
    await chat.sendMessage({ text: 'Hello' });
    const again = new UiChat(service.url, { id: chat.id }, { headers: key });
    again.messages = chat.messages.slice(0, 1);
    const body = { id: chat.id, messages: again.messages, trigger: 'submit-message' };
    const response = await fetch(`${service.url}/api/chat/ui`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...key },
      body: JSON.stringify(body),
    });
    expect(response.headers.get('Idempotency-Replayed')).toBe('true');
    expect(await response.text()).toContain('"delta":"Once"');
    expect((await read(chat)).messages).toHaveLength(2);
  });
});
