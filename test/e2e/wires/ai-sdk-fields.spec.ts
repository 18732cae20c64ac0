import { randomUUID } from 'node:crypto';
import { answer, FakeOllama, Gate, script } from '../../support/fake-ollama.js';
import { getJson, postJson, sendJson } from '../../support/http-client.js';
import { dataUrlOf } from '../../support/pictures.js';
import { startService, type RunningService } from '../../support/service.js';

const TOOL = {
  type: 'function',
  function: { name: 'look', description: 'Looks out', parameters: { type: 'object' } },
};
const CALL = { id: 'w1', name: 'look', arguments: { at: 'Wien' } };
const text = (id: string, said: string, role = 'user') => ({
  ...{ id, role, parts: [{ type: 'text', text: said }] },
});

describe('the AI SDK’s chat, as it is sent', () => {
  let ollama: FakeOllama;
  let service: RunningService;
  beforeEach(async () => {
    ollama = await FakeOllama.start({
      name: 'llama2',
      capabilities: ['completion', 'tools', 'vision'],
    });
    service = await startService(ollama, {
      api: { trustProxy: 1 },
      rateLimit: { enabled: true, requests: 20, readRequests: 60 },
    });
  });
  afterEach(async () => {
    ollama.assertNoUnexpected();
    await service.close();
    await ollama.close();
  });

  const api = (chatId = '', rest = '') =>
    `${service.url}/api/chat/ui${chatId && `/${chatId}`}${rest}`;
  const post = (body: object, headers: Record<string, string> = {}) =>
    fetch(api(), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  /** The chunks of an answer that is whole. */
  const ask = async (body: object, said = 'Yes'): Promise<any[]> => {
    ollama.next(answer(said));
    const response = await post(body);
    expect(response.status).toBe(200);
    const blocks = (await response.text()).trimEnd().split('\n\n').slice(0, -1);
    return blocks.map((block) => JSON.parse(block.slice('data: '.length)));
  };
  const refusal = async (body: object) => {
    const { status, body: told } = await postJson(api(), body);
    return [status, told.reason, told.details?.[0]?.field];
  };
  const read = async (id: string) => (await getJson(api(id))).body;
  const textsOf = async (id: string) =>
    (await read(id)).messages.map(({ parts }: any) => parts.at(-1).text);
  const asked = () => ollama.chats.at(-1)?.body as Record<string, any>;
  const prompt = () => asked()['messages'].map(({ content }: { content: string }) => content);
  const ofAll = async (id: string) => {
    const { conversation_id: conversation } = await read(id);
    const { body } = await getJson(`${service.url}/api/history/${conversation}?branch=all`);
    return body.messages as { id: string; content: string }[];
  };
  const idOf = async (id: string, content: string) =>
    (await ofAll(id)).find((each) => each.content === content)?.id;

  describe('a message', () => {
    it('is answered with the tools that it brings, and with none where it chooses none', async () => {
      const body = { id: 'c', message: text('m', 'Hello'), tools: [TOOL] };
      await ask(body);
      expect(asked()['tools']).toEqual([TOOL]);
      await ask({ ...body, message: text('n', 'Again'), tool_choice: 'none' });
      expect(asked()).not.toHaveProperty('tools');
      const parameters = { format: 'json' };
      expect(await refusal({ ...body, parameters })).toEqual([
        ...[400, 'validation', 'parameters.format'],
      ]);
      await ask({ ...body, message: text('o', 'JSON'), parameters, tool_choice: 'none' }, '{}');
      expect(asked()['format']).toBe('json');
    });

    it('goes on for a while after its client has left, or as long as it says', async () => {
      for (const [body, isRunning] of [
        [{}, true],
        [{ on_disconnect: 'continue' }, true],
        [{ on_disconnect: 'cancel' }, false],
      ] as const) {
        ollama.next(script().token('So').hang());
        const id = randomUUID();
        const response = await post({ id, message: text('m', 'Hello'), ...body });
        const running = ollama.chats.at(-1);
        await response.body?.cancel();
        if (!isRunning) expect(await running?.closed).toBe('client_left');
        // It is told that its reader left before it is asked again.
        for (let n = 0; n < 3; n += 1) await read(id);
        const generation = response.headers.get('X-Generation-Id') ?? '';
        const { body: record } = await getJson(`${service.url}/api/generations/${generation}`);
        expect(record.status).toBe(isRunning ? 'running' : 'cancelled');
        await postJson(api(id, '/stop'));
      }
    });

    it('is not cut silently where it says so', async () => {
      const id = 'long';
      const words = (word: string) => `${word} `.repeat(1900);
      for (const word of ['one', 'two', 'six', 'ten'])
        await ask({ id, message: text(word, words(word)) });
      const message = text('last', words('end'));
      await ask({ id, message });
      expect(asked()['messages'].length).toBeLessThan(9);
      expect(await refusal({ id, message: text('x', 'x'), truncation: 'error' })).toEqual([
        ...[400, 'context_exceeded', 'truncation'],
      ]);
    });

    it('joins the answer that its key has begun, though its first client has left', async () => {
      const gate = new Gate();
      ollama.next(script().token('On').wait(gate).token('ce').done());
      const key = { 'Idempotency-Key': randomUUID() };
      const body = { id: 'keyed', message: text('m', 'Hello') };
      const first = await post(body, key);
      await first.body?.cancel();
      for (let n = 0; n < 3; n += 1) await read('keyed');
      const again = await post(body, key);
      gate.open();
      expect(again.headers.get('X-Generation-Id')).toBe(first.headers.get('X-Generation-Id'));
      expect(await again.text()).toContain('"finishReason":"stop"');
      expect(ollama.chats).toHaveLength(1);
    });

    it('may have eight pictures, whose addresses are behind the prefix of the proxy', async () => {
      const url = dataUrlOf('png');
      const files = (count: number) =>
        Array.from({ length: count }, () => ({ type: 'file', mediaType: 'image/png', url }));
      const message = (count: number) => ({ id: 'm', role: 'user', parts: files(count) });
      await ask({ id: 'seen', message: message(8) });
      expect(asked()['messages'][0].images).toHaveLength(8);
      expect(await refusal({ id: 'seen', message: message(9) })).toEqual([
        ...[400, 'validation', 'message.parts[8].url'],
      ]);
      const behind = await getJson(api('seen'), { 'X-Forwarded-Prefix': '/chat' });
      expect(behind.body.messages[0].parts[0].url).toMatch(/^\/chat\/api\/history\//);
    });
  });

  describe('the system prompt', () => {
    it('is that of the first request, or of the messages that are taken over', async () => {
      const system = text('s', 'Be brief', 'system');
      await ask({ id: 'given', message: text('m', 'Hello'), system: 'Be kind' });
      await ask({ id: 'given', message: text('n', 'Again'), system: 'Be rude' });
      expect(prompt()).toEqual(['Be kind', 'Hello', 'Yes', 'Again']);
      await ask({ id: 'taken', messages: [system, text('m', 'Hello')] });
      expect(prompt()).toEqual(['Be brief', 'Hello']);
      await ask({ id: 'both', messages: [system, text('m', 'Hello')], system: 'Be kind' });
      expect(prompt()).toEqual(['Be kind', 'Hello']);
    });
  });

  describe('while it is answered, a chat', () => {
    it('has the questions where they will be, and is joined as the generation that it is', async () => {
      ollama.next(script().hang());
      const messages = [text('a', 'One', 'system'), text('b', 'Two'), text('c', 'Three')];
      const sending = post({ id: 'new', messages });
      await ollama.chat(0);
      const { conversation_id: top, active_generation_id: active, ...body } = await read('new');
      expect(body.messages).toMatchObject([
        { id: 'b', metadata: { parent_id: top } },
        { id: 'c', metadata: { parent_id: body.messages[0].metadata.message_id } },
      ]);
      for (const { metadata } of body.messages)
        expect(metadata.siblings).toEqual([metadata.message_id]);
      const joining = fetch(api('new', '/stream'));
      expect((await joining).headers.get('X-Generation-Id')).toBe(active);
      expect((await joining).headers.get('X-Conversation-Id')).toBe(top);
      expect((await postJson(api('new', '/stop'))).body).toMatchObject({ id: active });
      await (await sending).text();
      await (await joining).text();
    });

    it('that has a system prompt alone has its first question on top', async () => {
      const { body: made } = await postJson(`${service.url}/api/history`, { system: 'Be brief' });
      ollama.next(script().hang());
      const sending = post({ id: made.id, message: text('m', 'Hello') });
      await ollama.chat(0);
      expect((await read(made.id)).messages).toMatchObject([
        { id: 'm', metadata: { parent_id: made.id } },
      ]);
      await postJson(api(made.id, '/stop'));
      await (await sending).text();
    });

    it('is shown with the branch that the question is on', async () => {
      await ask({ id: 'edit', message: text('m', 'Hello') }, 'Hi');
      await ask({ id: 'edit', message: text('n', 'More') }, 'Fine');
      ollama.next(script().hang());
      const sending = post({ id: 'edit', message: text('n', 'Less'), messageId: 'n' });
      await ollama.chat(2);
      expect(await textsOf('edit')).toEqual(['Hello', 'Hi', 'Less']);
      await postJson(api('edit', '/stop'));
      await (await sending).text();
    });
  });

  describe('in a chat that is known', () => {
    beforeEach(async () => {
      await ask({ id: 'chat', message: text('m', 'Hello') }, 'Hi');
    });

    it('a question that it has is asked anew as its sibling', async () => {
      await ask({ id: 'chat', messages: [text('m', 'Hello!')] }, 'Ho');
      expect(prompt()).toEqual(['Hello!']);
      expect(await textsOf('chat')).toEqual(['Hello!', 'Ho']);
    });

    it('one that is named is edited, though the request has the new one alone', async () => {
      await ask({ id: 'chat', message: text('n', 'Bye'), messageId: 'm' }, 'Ciao');
      expect(prompt()).toEqual(['Bye']);
    });

    it('questions that failed are asked together with the new one', async () => {
      const messages = [text('m', 'Hello'), text('x', 'Lost'), text('y', 'New')];
      await ask({ id: 'chat', messages });
      expect(prompt().join()).toContain('Lost');
      expect(await textsOf('chat')).toEqual(['Hello', 'Hi', 'Lost', 'New', 'Yes']);
    });

    it('a new answer is one to the last question, also where the old one is sent', async () => {
      const old = (await read('chat')).messages[1];
      const messages = [text('m', 'Hello'), { ...old, metadata: undefined }];
      await ask({ id: 'chat', messages, trigger: 'regenerate-message' }, 'Ho');
      expect(await textsOf('chat')).toEqual(['Hello', 'Ho']);
    });

    it('an id of several messages is that on the active branch, else the newest', async () => {
      const again = { id: 'chat', trigger: 'regenerate-message', messages: [text('m', '')] };
      await ask({ id: 'chat', message: text('m', 'Second'), messageId: 'm' }, 'Two');
      await ask({ id: 'chat', message: text('o', 'Third'), messageId: 'm' }, 'Three');
      await ask(again);
      expect(prompt()).toEqual(['Second']);
      const { conversation_id: id } = await read('chat');
      const active_message_id = await idOf('chat', 'Hi');
      await sendJson('PUT', `${service.url}/api/history/${id}`, { active_message_id });
      await ask(again);
      expect(prompt()).toEqual(['Hello']);
    });
  });

  describe('results of tools', () => {
    const output = (toolCallId: string, value: unknown) => ({
      ...{ type: 'tool-look', toolCallId, state: 'output-available', input: {}, output: value },
    });
    const results = (id: string, ...parts: object[]) => ({
      ...{ id: 'called', tools: [TOOL], message: { id, role: 'assistant', parts } },
    });
    let calling: string;
    beforeEach(async () => {
      ollama.next(script().calls(CALL).done());
      const body = { id: 'called', message: text('m', 'Warm?'), tools: [TOOL] };
      await (await post(body)).text();
      calling = (await read('called')).messages[1].id;
    });

    it('are refused where they are none, too long, or of calls that are not open', async () => {
      const field = 'message';
      expect(await refusal(results(calling, { type: 'text', text: 'So' }))).toEqual([
        ...[400, 'validation', field],
      ]);
      expect(await refusal(results(calling, output('w9', '21')))).toEqual([
        ...[400, 'validation', field],
      ]);
      expect(await refusal(results(calling, output('w1', 'x'.repeat(100_001))))).toEqual([
        ...[400, 'validation', 'message.parts[0]'],
      ]);
      await ask(results(calling, output('w9', '7'), output('w1', '21')));
      expect(asked()['messages'].at(-1)).toMatchObject({ role: 'tool', content: '21' });
    });

    it('go on with the branch that they are of', async () => {
      await ask({ id: 'called', message: text('n', 'Cold?'), messageId: 'm' }, 'No');
      const [start] = await ask(results(calling, output('w1', '21')));
      expect(start).toMatchObject({ type: 'start', messageId: calling });
      expect(prompt()[0]).toBe('Warm?');
    });
  });

  describe('a chat that is not known', () => {
    const parts = [
      { type: 'step-start' },
      { type: 'tool-look', toolCallId: '1', state: 'output-available', input: {}, output: '7°' },
    ];
    const called = { id: 'theirs', role: 'assistant', parts };

    it('is gone on with from results of tools, in the client’s message', async () => {
      const [start] = await ask({ id: 'x', messages: [text('m', 'Warm?'), called] });
      expect(start).toMatchObject({ type: 'start', messageId: 'theirs' });
      expect(asked()['messages'].at(-1)).toMatchObject({ role: 'tool', content: '7°' });
    });

    it('is refused without a question, and as deleted where it was', async () => {
      expect(await refusal({ id: 'x', message: called })).toEqual([400, 'validation', 'messages']);
      expect(await refusal({ id: 'x'.repeat(101), message: text('m', 'Hello') })).toEqual([
        ...[400, 'validation', 'id'],
      ]);
      await ask({ id: 'gone', message: text('m', 'Hello') });
      const { conversation_id: id } = await read('gone');
      await sendJson('DELETE', `${service.url}/api/history/${id}`);
      expect(await refusal({ id: 'gone', message: called })).toEqual([
        ...[409, 'conversation_deleted', undefined],
      ]);
    });
  });

  it('is counted as a chat is; a stop is not, but for a chat that is not there', async () => {
    await ask({ id: 'chat', message: text('m', 'Hello') });
    const statusOf = async (request: Promise<Response>) => {
      const response = await request;
      await response.arrayBuffer();
      return response.status;
    };
    const stop = (id: string) => statusOf(fetch(api(id, '/stop'), { method: 'POST' }));
    const reads: number[] = [];
    while (reads.at(-1) !== 429 && reads.length < 100) reads.push(await stop('unknown'));
    expect(reads.slice(0, -1)).toEqual(reads.slice(0, -1).map(() => 200));
    expect(reads.length).toBeLessThan(100);
    expect(await stop('chat')).toBe(200);
    const sent: number[] = [];
    while (sent.at(-1) !== 429 && sent.length < 100) sent.push(await statusOf(post({})));
    expect(sent).toHaveLength(20);
  });
});
