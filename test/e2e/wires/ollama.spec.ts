import { randomUUID } from 'node:crypto';
import { ChatOllama } from '@langchain/ollama';
import { AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { Ollama, type ChatResponse, type GenerateResponse } from 'ollama';
import { answer, FakeOllama, Gate, script } from '../../support/fake-ollama.js';
import { getJson, postJson } from '../../support/http-client.js';
import { PICTURES } from '../../support/pictures.js';
import { startService, type RunningService } from '../../support/service.js';
import { apiKey } from '../../support/settings.js';

const ALL = 'all';
const MODELS = [
  { name: 'llama2' },
  { name: ALL, capabilities: ['completion', 'tools', 'thinking', 'vision'] },
];
const HELLO = [{ role: 'user', content: 'Hello' }];
const LOOK = {
  type: 'function',
  function: {
    name: 'look',
    description: 'Looks out of the window',
    parameters: { type: 'object', properties: { at: { type: 'string' } } },
  },
};
const CALL = { id: 'c1', name: 'look', arguments: { at: 'Köln' } };

describe('Ollama’s API', () => {
  let upstream: FakeOllama;
  let service: RunningService;
  let base: string;
  let client: Ollama;

  beforeAll(async () => {
    upstream = await FakeOllama.start(...MODELS);
    service = await startService(upstream, {
      api: { keys: [apiKey('me', 'k'.repeat(20)), apiKey('other', 'o'.repeat(20))] },
      ollama: { retries: 0 },
    });
    base = `${service.url}/api/ollama`;
    client = clientOf();
    // Nothing is tried again here, so what is loaded on demand has to be there before the first answer.
    await native('models');
  });
  afterEach(() => upstream.assertNoUnexpected());
  afterAll(async () => {
    await service.close();
    await upstream.close();
  });

  const KEY = { Authorization: `Bearer ${'k'.repeat(20)}` };
  const clientOf = (headers: Record<string, string> = {}) =>
    new Ollama({ host: base, headers: { ...KEY, ...headers } });
  const sent = () => upstream.chats.at(-1)?.body as Record<string, any>;
  const native = (path: string) => getJson(`${service.url}/api/${path}`, KEY);

  async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
    const found: T[] = [];
    for await (const each of stream) found.push(each);
    return found;
  }
  const textOf = (lines: ChatResponse[]) => lines.map(({ message }) => message.content).join('');
  const streamed = async (request: object, headers?: Record<string, string>) =>
    all(
      await clientOf(headers).chat({ model: 'llama2', messages: HELLO, ...request, stream: true }),
    );

  describe('with its JavaScript client', () => {
    it('answers at once, as the request names the model, and keeps nothing', async () => {
      upstream.next(answer('Good', ' day'));
      const whole = await client.chat({ model: 'LLAMA2', messages: HELLO });
      expect(whole).toEqual({
        model: 'LLAMA2',
        created_at: expect.stringMatching(/^\d{4}-.*Z$/),
        message: { role: 'assistant', content: 'Good day' },
        done: true,
        done_reason: 'stop',
        total_duration: expect.any(Number),
        prompt_eval_count: 12,
        eval_count: 2,
      });
      expect(sent()['messages']).toEqual(HELLO);
      expect((await native('history')).body.total).toBe(0);
    });

    it('streams, line by line', async () => {
      upstream.next(answer('Good', ' day', '!'));
      const lines = await streamed({});
      expect(lines.map(({ message, done }) => [message.content, done])).toEqual([
        ['Good', false],
        [' day', false],
        ['!', false],
        ['', true],
      ]);
      expect(lines.at(-1)).toMatchObject({ done_reason: 'stop', eval_count: 3 });
    });

    it('completes a prompt, with a system prompt of its own', async () => {
      upstream.next(script().thinking('Hm').tokens('Yes').done(), 2);
      const request = { model: ALL, prompt: 'Well?', system: 'Be brief', think: true };
      const whole = await client.generate(request);
      expect(whole).toMatchObject({ response: 'Yes', thinking: 'Hm', done: true });
      const lines: GenerateResponse[] = await all(
        await client.generate({ ...request, stream: true }),
      );
      expect(lines.map(({ response, thinking = '' }) => [thinking, response])).toEqual([
        ['Hm', ''],
        ['', 'Yes'],
        ['', ''],
      ]);
      expect(sent()).toMatchObject({
        think: true,
        messages: [
          { role: 'system', content: 'Be brief' },
          { role: 'user', content: 'Well?' },
        ],
      });
    });

    it('asks with the options of the client, and without a bound but the context where it has none', async () => {
      upstream.next(answer('Yes'), 2);
      await client.chat({ model: 'llama2', messages: HELLO });
      const { num_ctx, num_predict } = sent()['options'];
      expect(num_predict).toBe(num_ctx);
      const options = { temperature: 1.7, top_k: 5, seed: 7, stop: ['.'], num_predict: 2000 };
      await client.chat({
        model: 'llama2',
        messages: HELLO,
        options: { ...options, num_ctx: 2048 },
      });
      expect(sent()['options']).toMatchObject({ ...options, num_ctx });
    });

    it('passes a history on as it is, of any role', async () => {
      upstream.next(answer('Yes'));
      const messages = [
        { role: 'system', content: 'One' },
        { role: 'user', content: 'a' },
        { role: 'user', content: 'b' },
        { role: 'assistant', content: 'c' },
        { role: 'system', content: 'Two' },
        { role: 'user', content: 'd' },
      ];
      await client.chat({ model: 'llama2', messages });
      expect(sent()['messages']).toEqual(messages);
    });

    it('has a refusal before the first token as an error with its status', async () => {
      upstream.next(script().error(500, 'out of memory'));
      await expect(streamed({})).rejects.toMatchObject({
        name: 'ResponseError',
        status_code: 503,
        message: expect.not.stringContaining('memory'),
      });
      await expect(client.chat({ model: 'nobody', messages: HELLO })).rejects.toMatchObject({
        status_code: 404,
        message: 'Model not found; /api/tags lists the models there are',
      });
      const wrong = { model: 'llama2', messages: [{ role: 'bot', content: '' }] };
      await expect(client.chat(wrong)).rejects.toMatchObject({
        status_code: 400,
        message: expect.stringContaining('messages[0].role'),
      });
    });

    it('has one after the first token as an error of the stream', async () => {
      const gate = new Gate();
      upstream.next(script().token('Good').wait(gate).errorLine('out of memory'));
      const lines: string[] = [];
      const read = async () => {
        const stream = await client.chat({ model: 'llama2', messages: HELLO, stream: true });
        for await (const { message } of stream) {
          lines.push(message.content);
          gate.open();
        }
      };
      await expect(read()).rejects.toThrow('Ollama service broke off the answer');
      expect(lines).toEqual(['Good']);
    });

    it('stops the model when the client aborts', async () => {
      const index = upstream.chats.length;
      upstream.next(script().token('Good').hang());
      const stream = await client.chat({ model: 'llama2', messages: HELLO, stream: true });
      await expect(
        (async () => {
          for await (const line of stream) if (line.message.content) stream.abort();
        })(),
      ).rejects.toThrow(/abort/i);
      expect(await (await upstream.chat(index)).closed).toBe('client_left');
    });

    it.each([true, false])('is cancelled by the id that it gave (streamed: %s)', async (stream) => {
      const id = randomUUID();
      const index = upstream.chats.length;
      upstream.next(script().token('Good').hang());
      const named = clientOf({ 'X-Generation-Id': id });
      const request = { model: 'llama2', messages: HELLO };
      const answered = stream
        ? all(await named.chat({ ...request, stream }))
        : named.chat(request).then((whole) => [whole]);
      await upstream.chat(index);
      const cancel = postJson(`${service.url}/api/generations/${id}/cancel`, undefined, KEY);
      const lines = await answered;
      expect(textOf(lines)).toMatch(/^(Good)?$/);
      expect(lines.at(-1)).toMatchObject({ done: true, done_reason: 'cancelled' });
      expect((await cancel).body).toMatchObject({ id, status: 'cancelled', upstream_closed: true });
    });

    it('calls tools, and answers with their results', async () => {
      upstream.next(script().thinking('Hm').calls(CALL).done()).next(answer('Sunny'));
      const messages: object[] = [{ role: 'user', content: 'How is it?' }];
      const request = { model: ALL, tools: [LOOK], think: true };
      const { message } = await client.chat({ ...request, messages: messages as never });
      expect(message).toEqual({
        role: 'assistant',
        content: '',
        thinking: 'Hm',
        tool_calls: [{ id: 'c1', function: { index: 0, name: 'look', arguments: { at: 'Köln' } } }],
      });
      messages.push(message, { role: 'tool', content: 'Sun', tool_name: 'look' });
      const second = await client.chat({ ...request, messages: messages as never });
      expect(second.message.content).toBe('Sunny');
      expect(sent()['messages']).toEqual([
        { role: 'user', content: 'How is it?' },
        {
          role: 'assistant',
          content: '',
          thinking: 'Hm',
          tool_calls: [{ id: 'c1', type: 'function', function: expect.objectContaining(LOOKED) }],
        },
        { role: 'tool', content: 'Sun', tool_call_id: 'c1', tool_name: 'look' },
      ]);
      expect(sent()['tools']).toEqual([LOOK]);
    });
    const LOOKED = { name: 'look', arguments: { at: 'Köln' } };

    it('streams calls as they come', async () => {
      upstream.next(
        script()
          .token('So')
          .calls(CALL)
          .calls({ ...CALL, id: 'c2' })
          .done(),
      );
      const lines = await streamed({ model: ALL, tools: [LOOK] });
      const calls = lines.flatMap(({ message }) => (message.tool_calls ?? []) as { id?: string }[]);
      expect(calls).toMatchObject([
        { id: 'c1', function: { index: 0 } },
        { id: 'c2', function: { index: 1 } },
      ]);
    });

    it('follows a schema', async () => {
      const format = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] };
      upstream.next(answer('{"a": 1}'));
      const { message } = await client.chat({ model: 'llama2', messages: HELLO, format });
      expect(JSON.parse(message.content)).toEqual({ a: 1 });
      expect(sent()['format']).toMatchObject({ type: 'object', required: ['a'] });
    });

    it('sees pictures', async () => {
      upstream.next(answer('A square'), 2);
      const images = [PICTURES.png, PICTURES.jpeg, PICTURES.webp];
      await client.chat({ model: ALL, messages: [{ role: 'user', content: 'What?', images }] });
      expect(sent()['messages']).toEqual([{ role: 'user', content: 'What?', images }]);
      const bytes = new Uint8Array(Buffer.from(PICTURES.png, 'base64'));
      await client.generate({ model: ALL, prompt: 'What?', images: [bytes] });
      expect(sent()['messages']).toEqual([
        { role: 'user', content: 'What?', images: [PICTURES.png] },
      ]);
      const wrong = [{ role: 'user', content: 'What?', images: [Buffer.from('GIF89a')] }];
      await expect(client.chat({ model: ALL, messages: wrong })).rejects.toMatchObject({
        status_code: 400,
        message: expect.stringContaining('messages[0].images[0]'),
      });
      await expect(
        client.chat({ model: 'llama2', messages: [{ ...HELLO[0]!, images }] as never }),
      ).rejects.toMatchObject({ status_code: 400 });
    });

    it('has a model loaded without asking it', async () => {
      const before = upstream.chats.length;
      expect(await client.chat({ model: 'llama2' })).toMatchObject({
        message: { content: '' },
        done: true,
        done_reason: 'load',
      });
      const loaded = await all(
        await client.generate({ model: 'llama2', prompt: '', stream: true }),
      );
      expect(loaded).toMatchObject([{ response: '', done: true, done_reason: 'load' }]);
      await expect(client.generate({ model: 'nobody', prompt: '' })).rejects.toMatchObject({
        status_code: 404,
      });
      expect(upstream.chats).toHaveLength(before);
    });

    it('tells what models there are, and nothing of others', async () => {
      const { models } = await client.list();
      const { body } = await native('models');
      expect(models.map(({ name }) => name)).toEqual(
        body.models.map(({ name }: { name: string }) => name),
      );
      for (const { digest, size, model, name } of models) {
        expect(digest).toMatch(/^[0-9a-f]{64}$/);
        expect([size, model]).toEqual([expect.any(Number), name]);
      }
      const shown = await client.show({ model: ALL });
      expect(shown.capabilities).toEqual(['completion', 'tools', 'thinking', 'vision']);
      const info = shown.model_info as unknown as Record<string, unknown>;
      const architecture = info['general.architecture'];
      // The command line fails without any of these.
      const names = ['context_length', 'embedding_length'].map(
        (name) => `${String(architecture)}.${name}`,
      );
      for (const name of ['general.parameter_count', ...names])
        expect(info[name]).toEqual(expect.any(Number));
      await expect(client.show({ model: 'nobody' })).rejects.toMatchObject({ status_code: 404 });
      const byName = { model: '', name: ALL } as { model: string };
      expect(await client.show(byName)).toEqual(shown);
      await expect(client.show({ model: '' })).rejects.toMatchObject({ status_code: 400 });
      expect(await client.ps()).toEqual({ models: [] });
      expect((await client.version()).version).toMatch(/^\d+\.\d+\.\d+$/);
    });

    it('pulls, makes and embeds nothing', async () => {
      const before = upstream.requests.length;
      const acts = [
        client.pull({ model: 'llama2' }),
        client.push({ model: 'llama2' }),
        client.create({ model: 'x', from: 'llama2' }),
        client.copy({ source: 'llama2', destination: 'x' }),
        client.delete({ model: 'llama2' }),
        client.embed({ model: 'llama2', input: 'x' }),
      ];
      for (const act of acts) await expect(act).rejects.toMatchObject({ status_code: 404 });
      expect(upstream.requests).toHaveLength(before);
    });

    it('has the key in its headers, and is told where that is wrong', async () => {
      const wrong = new Ollama({ host: base, headers: { Authorization: 'Bearer nobody' } });
      await expect(wrong.list()).rejects.toMatchObject({ status_code: 401 });
    });
  });

  describe('with LangChain', () => {
    const model = (fields: object = {}) =>
      new ChatOllama({ baseUrl: base, headers: new Headers(KEY), model: ALL, ...fields });

    it('invokes and streams', async () => {
      upstream.next(answer('Good', ' day'), 2);
      const whole = await model().invoke([new HumanMessage('Hello')]);
      expect(whole.content).toBe('Good day');
      expect(whole.usage_metadata).toMatchObject({ input_tokens: 12, output_tokens: 2 });
      const chunks = await all(await model().stream('Hello'));
      expect(chunks.map(({ text }) => text).join('')).toBe('Good day');
    });

    it('goes on with the results of tools, of which it sends no id', async () => {
      upstream.next(script().calls(CALL).done()).next(answer('Sunny'));
      const bound = model().bindTools([LOOK]);
      const question = new HumanMessage('How is it?');
      const asked = await bound.invoke([question]);
      const [call] = asked.tool_calls ?? [];
      expect(call).toMatchObject({ name: 'look', args: { at: 'Köln' } });
      const result = new ToolMessage({ content: 'Sun', tool_call_id: call?.id ?? '' });
      const calling = new AIMessage({ content: '', tool_calls: asked.tool_calls ?? [] });
      expect((await bound.invoke([question, calling, result])).content).toBe('Sunny');
      expect(sent()['messages'].at(-1)).toEqual({
        role: 'tool',
        content: 'Sun',
        tool_call_id: call?.id,
        tool_name: 'look',
      });
    });

    it('gets what a schema describes', async () => {
      upstream.next(answer('{"a": 1}'));
      const schema = { title: 'A', type: 'object', properties: { a: { type: 'number' } } };
      const shaped = model().withStructuredOutput(schema);
      expect(await shaped.invoke('Hello')).toEqual({ a: 1 });
    });

    it('thinks', async () => {
      upstream.next(script().thinking('Hm').tokens('Yes').done());
      const { content, additional_kwargs } = await model({ think: true }).invoke('Hello');
      expect([content, additional_kwargs['reasoning_content']]).toEqual(['Yes', 'Hm']);
    });
  });

  describe('on its own', () => {
    const post = (path: string, body: string, headers: Record<string, string> = {}) =>
      fetch(`${base}${path}`, { method: 'POST', body, headers: { ...KEY, ...headers } });
    const hello = (more: object = {}) =>
      JSON.stringify({ model: 'llama2', messages: HELLO, ...more });

    it.each(['', '/'])('says that it is there, as the command line asks (%j)', async (end) => {
      const got = await fetch(`${base}${end}`, { headers: KEY });
      expect(await got.text()).toBe('Ollama is running');
      const head = await fetch(`${base}${end}`, { method: 'HEAD', headers: KEY });
      expect([head.status, await head.text()]).toEqual([200, '']);
    });

    it.each(['application/x-www-form-urlencoded', 'text/plain', ''])(
      'takes a body whatever its type says (%j)',
      async (type) => {
        upstream.next(answer('Yes'));
        const headers: Record<string, string> = type === '' ? {} : { 'Content-Type': type };
        const response = await post('/api/chat', hello(), headers);
        expect(response.headers.get('content-type')).toBe('application/x-ndjson');
        expect((await response.text()).trimEnd().split('\n')).toHaveLength(2);
      },
    );

    it('has errors with what the native ones say, on unknown paths too', async () => {
      const response = await post('/api/embed', '{}');
      expect([response.status, await response.json()]).toEqual([
        404,
        {
          error: expect.any(String),
          code: 'NOT_FOUND',
          reason: 'route_not_found',
          request_id: response.headers.get('x-request-id'),
        },
      ]);
      const broken = await post('/api/chat', '{"model":');
      expect(broken.status).toBe(400);
      expect(await broken.json()).toMatchObject({
        error: expect.any(String),
        reason: 'validation',
      });
    });

    it('is shown, followed and replayed as any generation, and only to its owner', async () => {
      upstream.next(script().thinking('Hm').tokens('Good', ' day').done());
      const key = { 'Idempotency-Key': randomUUID() };
      const first = await post('/api/chat', hello({ model: ALL }), key);
      const bytes = await first.text();
      expect(first.headers.get('x-conversation-id')).toBeNull();
      const id = first.headers.get('x-generation-id') ?? '';
      const record = await native(`generations/${id}`);
      expect(record.body).toMatchObject({
        ...{ id, conversation_id: null, message_id: null, message: null, parent_id: null },
        ...{ status: 'completed', response: 'Good day', thinking: 'Hm', model: ALL },
      });
      const stream = await fetch(`${service.url}/api/generations/${id}/stream`, { headers: KEY });
      expect(await stream.text()).toContain('data: {"token":" day"}');
      const others = { Authorization: `Bearer ${'o'.repeat(20)}` };
      const hidden = await getJson(`${service.url}/api/generations/${id}`, others);
      expect(hidden.status).toBe(404);

      const again = await post('/api/chat', hello({ model: ALL }), key);
      expect(again.headers.get('idempotency-replayed')).toBe('true');
      expect(await again.text()).toBe(bytes);
      const changed = await post('/api/chat', hello({ model: ALL, think: true }), key);
      expect(changed.status).toBe(409);
    });

    it('leaves the oldest messages out unless it is told not to', async () => {
      const long = (text: string) => ({ role: 'user', content: `${text} `.repeat(600) });
      const messages = [long('one'), { role: 'assistant', content: 'ok' }, long('two'), HELLO[0]];
      const options = { num_ctx: 1024 };
      upstream.next(answer('Yes'));
      const body = { model: 'llama2', messages, options };
      expect((await post('/api/chat', JSON.stringify(body))).status).toBe(200);
      expect(sent()['messages'].length).toBeLessThan(messages.length);
      expect(sent()['messages'].at(-1)).toEqual(HELLO[0]);
      const whole = await post('/api/chat', JSON.stringify({ ...body, truncate: false }));
      expect(whole.status).toBe(400);
      expect(await whole.json()).toEqual({
        error: expect.stringMatching(/^The messages are too long/),
        code: 'INVALID_INPUT',
        reason: 'context_exceeded',
        request_id: expect.any(String),
      });
    });
  });
});
