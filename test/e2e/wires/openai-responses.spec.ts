import { randomUUID } from 'node:crypto';
import OpenAI from 'openai';
import { answer, FakeOllama, Gate, script } from '../../support/fake-ollama.js';
import { getJson, postJson } from '../../support/http-client.js';
import { dataUrlOf } from '../../support/pictures.js';
import { startService, type RunningService } from '../../support/service.js';
import type { SettingsOverrides } from '../../support/settings.js';

type Create = OpenAI.Responses.ResponseCreateParamsNonStreaming;
type Event = OpenAI.Responses.ResponseStreamEvent;

const WEATHER: OpenAI.Responses.FunctionTool = {
  type: 'function',
  name: 'get_weather',
  description: 'The weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
  strict: false,
};
/** Its type is none. */
const NO_SCHEMA = { type: 'json_schema', schema: { type: 'thing' } } as const;
const TIME: OpenAI.Responses.FunctionTool = { ...WEATHER, name: 'get_time' };

/** The error with which a call of the client failed. */
async function failure(call: PromiseLike<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  const error: unknown = await Promise.resolve(call).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof OpenAI.APIError) return error;
  throw new Error(`No API error: ${String(error)}`);
}

describe('OpenAI responses, by the official client', () => {
  let ollama: FakeOllama;
  let service: RunningService;
  let client: OpenAI;

  async function start(overrides: SettingsOverrides = {}): Promise<void> {
    service = await startService(ollama, overrides);
    client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'any', maxRetries: 0 });
  }
  beforeEach(async () => {
    ollama = await FakeOllama.start({
      name: 'llama2',
      capabilities: ['completion', 'tools', 'thinking', 'vision'],
    });
    await start();
  });
  afterEach(async () => {
    await service.close();
    await ollama.close();
  });

  const ask = (body: Partial<Create> = {}, options?: OpenAI.RequestOptions) =>
    client.responses.create({ model: 'llama2', input: 'Hello', ...body }, options);
  const stream = (body: Partial<Create> = {}, options?: OpenAI.RequestOptions) =>
    client.responses.create({ model: 'llama2', input: 'Hello', ...body, stream: true }, options);
  const told = async (index: number) => (await ollama.chat(index)).body.messages;
  const conversationOf = (response: OpenAI.Responses.Response) => response.conversation?.id ?? '';
  const history = async () =>
    (await getJson(`${service.url}/api/history`)).body as {
      total: number;
      conversations: { id: string; title: string }[];
    };
  const textsOf = async (conversation: string) => {
    const id = conversation.replace(/^conv_(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    const { body } = await getJson(`${service.url}/api/history/${id}`);
    const { messages } = body as { messages: { role: string; content: string }[] };
    return messages.map(({ role, content }) => `${role}: ${content}`);
  };
  async function collected(events: AsyncIterable<Event>): Promise<Event[]> {
    const all: Event[] = [];
    for await (const event of events) all.push(event);
    return all;
  }
  /** The bytes of a stored response's stream. */
  const bytesOf = async (id: string, query = '') =>
    (await fetch(`${service.url}/v1/responses/${id}?stream=true${query}`)).text();

  it('answers whole, and keeps the turn in a conversation of the history', async () => {
    ollama.next(answer('Quantum', ' computing'));
    const { data, response } = await ask({
      instructions: 'Be brief',
      input: [
        { role: 'developer', content: 'You are a physicist' },
        { role: 'user', content: [{ type: 'input_text', text: 'What?' }] },
        { role: 'assistant', content: 'Since' },
        { role: 'user', content: 'Go on' },
      ],
      ...{ temperature: 1.5, max_output_tokens: 100_000, metadata: { a: 'b' } },
    }).withResponse();
    const generation = response.headers.get('X-Generation-Id') ?? '';
    expect(data).toMatchObject({
      ...{ id: `resp_${generation.replaceAll('-', '')}`, object: 'response', status: 'completed' },
      ...{ model: 'llama2', output_text: 'Quantum computing', instructions: 'Be brief' },
      ...{ temperature: 1.5, max_output_tokens: 100_000, metadata: { a: 'b' }, store: true },
      usage: { input_tokens: 12, output_tokens: 2, total_tokens: 14 },
      output: [
        {
          ...{ type: 'message', role: 'assistant', status: 'completed' },
          content: [{ type: 'output_text', text: 'Quantum computing', annotations: [] }],
        },
      ],
    });
    expect(await told(0)).toEqual([
      { role: 'system', content: 'You are a physicist\n\nBe brief' },
      { role: 'user', content: 'What?' },
      { role: 'assistant', content: 'Since' },
      { role: 'user', content: 'Go on' },
    ]);
    expect((await ollama.chat(0)).body.options).toMatchObject({ temperature: 1.5 });
    expect(await history()).toMatchObject({ total: 1, conversations: [{ title: 'What?' }] });
    expect(await textsOf(conversationOf(data))).toEqual([
      ...['system: You are a physicist', 'user: What?', 'assistant: Since', 'user: Go on'],
      'assistant: Quantum computing',
    ]);
    const { output_text: _text, ...stored } = data;
    expect(await client.responses.retrieve(data.id)).toMatchObject(stored);
    expect(await client.responses.retrieve(generation)).toMatchObject(stored);
  });

  it('tells the model nothing of empty texts of the system', async () => {
    ollama.always(answer('Fine'));
    const says = (role: 'developer' | 'user', content: string) => ({ role, content });
    const input = [says('developer', ''), says('user', 'Hello'), says('developer', '')];
    const first = await ask({ instructions: '', input });
    const next = { previous_response_id: first.id, instructions: '' };
    await ask({ ...next, input: [says('developer', ''), says('user', 'Again')] });
    await ask({ input: [says('developer', ''), says('developer', 'Be brief'), ...input] });
    const roles = async (index: number) =>
      (await told(index)).map(({ role }: { role: string }) => role);
    expect(await roles(0)).toEqual(['user']);
    expect(await roles(1)).toEqual(['user', 'assistant', 'user']);
    expect((await told(2))[0]).toEqual({ role: 'system', content: 'Be brief' });
    expect(await textsOf(conversationOf(first))).toHaveLength(4);
  });

  it('streams with what the client’s own helper puts together', async () => {
    ollama.next(script().thinking('Hm').token('Hello').token(' you').done());
    const runner = client.responses.stream({ model: 'llama2', input: 'Hello' });
    const deltas: string[] = [];
    runner.on('response.output_text.delta', ({ delta }) => deltas.push(delta));
    const final = await runner.finalResponse();
    expect(deltas).toEqual(['Hello', ' you']);
    expect(final).toMatchObject({ status: 'completed', output_text: 'Hello you' });
    expect(final.output).toMatchObject([
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm' }] },
      { type: 'message', status: 'completed' },
    ]);
    expect(await client.responses.retrieve(final.id)).toMatchObject({
      output: JSON.parse(
        JSON.stringify(final.output, (key, value: unknown) =>
          key === 'parsed' ? undefined : value,
        ),
      ) as unknown[],
    });
  });

  it('goes on with a response, and does not carry its instructions over', async () => {
    ollama.next(answer('One')).next(answer('Two'));
    const first = await ask({ instructions: 'Be brief', input: 'First' });
    const second = await ask({ input: 'Second', previous_response_id: first.id });
    expect(second.previous_response_id).toBe(first.id);
    expect(second.conversation).toEqual(first.conversation);
    expect(await told(1)).toEqual([
      { role: 'user', content: 'First' },
      { role: 'assistant', content: 'One' },
      { role: 'user', content: 'Second' },
    ]);
    expect((await history()).total).toBe(1);
  });

  it('goes on with an earlier response in a conversation of its own', async () => {
    ollama.next(answer('One')).next(answer('Two')).next(answer('Three'));
    const first = await ask({ input: 'First' });
    await ask({ input: 'Second', previous_response_id: first.id });
    const other = await ask({ input: 'Other', previous_response_id: first.id });
    expect(other.conversation).not.toEqual(first.conversation);
    expect(await told(2)).toEqual([
      { role: 'user', content: 'First' },
      { role: 'assistant', content: 'One' },
      { role: 'user', content: 'Other' },
    ]);
    expect(await textsOf(conversationOf(first))).toHaveLength(4);
    expect(await textsOf(conversationOf(other))).toEqual([
      ...['user: First', 'assistant: One', 'user: Other', 'assistant: Three'],
    ]);
  });

  it('goes on in a copy while the conversation is answering', async () => {
    ollama.next(answer('One')).next(script().hang()).next(answer('Three'));
    const first = await ask({ input: 'First' });
    const next = { previous_response_id: first.id };
    const running = await ask({ ...next, input: 'Second', background: true });
    await ollama.chat(1);
    const other = await ask({ ...next, input: 'Other' });
    expect(running.conversation).toEqual(first.conversation);
    expect(other.conversation).not.toEqual(first.conversation);
    expect(await told(2)).toHaveLength(3);
    await client.responses.cancel(running.id);
  });

  it('leaves no copy behind of a turn that did not begin', async () => {
    ollama.next(answer('One')).next(answer('Two'));
    const first = await ask({ input: 'First' });
    await ask({ input: 'Second', previous_response_id: first.id });
    const body = { input: 'Other', previous_response_id: first.id };
    const headers = { 'X-Generation-Id': await generationIdOf(first) };
    expect(await failure(ask(body, { headers }))).toMatchObject({
      ...{ status: 409, code: 'generation_exists' },
    });
    expect((await history()).total).toBe(1);
  });

  it('goes on with a conversation, also one of the native API', async () => {
    ollama.next(answer('One')).next(answer('Two')).next(answer('Three'));
    const native = await postJson(`${service.url}/api/chat`, { message: 'First' });
    const { conversation_id: id } = native.body as { conversation_id: string };
    const second = await ask({ input: 'Second', conversation: id });
    expect(conversationOf(second)).toBe(`conv_${id.replaceAll('-', '')}`);
    await ask({ input: 'Third', conversation: { id: conversationOf(second) } });
    expect(await told(2)).toHaveLength(5);
    const unknown = { conversation: `conv_${randomUUID().replaceAll('-', '')}` };
    expect(await failure(ask(unknown))).toMatchObject({
      ...{ status: 404, code: 'conversation_not_found' },
    });
    expect(await failure(ask({ conversation: 'x' }))).toMatchObject({ status: 404 });
  });

  it('lets nobody go on with what is not there or still runs', async () => {
    const gate = new Gate();
    ollama.next(script().token('a').wait(gate).done());
    for (const id of [`resp_${randomUUID().replaceAll('-', '')}`, 'resp_x'])
      expect(await failure(ask({ previous_response_id: id }))).toMatchObject({
        ...{ status: 400, code: 'previous_response_not_found', param: 'previous_response_id' },
      });
    const running = await ask({ background: true });
    await ollama.chat(0);
    expect(await failure(ask({ previous_response_id: running.id }))).toMatchObject({
      ...{ status: 409, code: 'conversation_busy' },
    });
    expect(await failure(ask({ conversation: conversationOf(running) }))).toMatchObject({
      ...{ status: 409, code: 'conversation_busy' },
    });
    gate.open();
  });

  it('calls tools, and is told their results', async () => {
    ollama
      .next(
        script()
          .calls({ name: 'get_weather', arguments: { city: 'Vienna' } })
          .done(),
      )
      .next(answer('Sunny'));
    const runner = client.responses.stream({
      ...{ model: 'llama2', input: 'Weather?', tools: [WEATHER, { type: 'web_search' }] },
    });
    const first = await runner.finalResponse();
    expect(first.tools).toMatchObject([{ type: 'function', name: 'get_weather' }]);
    const [call] = first.output;
    if (call?.type !== 'function_call') throw new Error('No call');
    expect(call).toMatchObject({ name: 'get_weather', arguments: '{"city":"Vienna"}' });
    const second = await ask({
      ...{ previous_response_id: first.id, tools: [WEATHER] },
      input: [{ type: 'function_call_output', call_id: call.call_id, output: '21 degrees' }],
    });
    expect(second.output_text).toBe('Sunny');
    expect(await told(1)).toMatchObject([
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', tool_calls: [{ function: { name: 'get_weather' } }] },
      { role: 'tool', content: '21 degrees' },
    ]);
    const items = await client.responses.inputItems.list(second.id);
    expect(items.data).toMatchObject([
      { type: 'function_call_output', call_id: call.call_id, output: '21 degrees' },
    ]);
  });

  it('refuses the result of a call that nobody made, and takes that of any call before it', async () => {
    ollama
      .next(script().calls({ id: 'made', name: 'get_weather', arguments: {} }).done())
      .always(answer('Fine'));
    const result = (call_id: string) => ({
      ...({ type: 'function_call_output', call_id, output: 'x' } as const),
    });
    const call = { type: 'function_call', call_id: 'given', name: 'f', arguments: '{}' } as const;
    const first = await ask({ tools: [WEATHER] });
    const refusal = (id: string) => ({
      ...{ status: 400, code: 'validation', type: 'invalid_request_error', param: 'input' },
      error: {
        message: `No tool call found for function call output with call_id ${id}.`,
      },
    });
    const places: Partial<Create>[] = [
      {},
      { store: false },
      { previous_response_id: first.id },
      { conversation: conversationOf(first) },
    ];
    for (const place of places)
      for (const input of [[result('given')], [result('given'), call], [call, result('lost')]]) {
        const lost = input.at(-1)?.call_id === 'lost' ? 'lost' : 'given';
        expect(await failure(ask({ ...place, input }))).toMatchObject(refusal(lost));
      }
    expect((await history()).total).toBe(1);
    expect(ollama.chats).toHaveLength(1);
    for (const place of places) await ask({ ...place, input: [call, result('given')] });
    // Behind more messages than are read at once.
    for (let at = 0; at < 30; at += 1) await ask({ conversation: conversationOf(first) });
    const later = { conversation: conversationOf(first), input: [result('made')] };
    expect(await ask(later)).toMatchObject({ status: 'completed' });
    const copy = { previous_response_id: first.id, input: [result('lost')] };
    expect(await failure(ask(copy))).toMatchObject(refusal('lost'));
    expect((await history()).total).toBe(2);
  });

  it.each([
    ['behind its call', true, ['assistant', 'tool', 'user']],
    ['where the client has it, if nothing is stored', false, ['assistant', 'user', 'tool']],
  ])('tells the model a result that comes after other messages %s', async (_, store, roles) => {
    ollama.next(answer('Fine'));
    const call = { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' } as const;
    const result = { type: 'function_call_output', call_id: 'c', output: 'late' } as const;
    await ask({ input: [call, { role: 'user', content: 'Are you there?' }, result], store });
    const told = ollama.chats[0]?.body['messages'] as { role: string; content: string }[];
    expect(told.map(({ role }) => role)).toEqual(roles);
    expect(told.find(({ role }) => role === 'tool')?.content).toBe('late');
  });

  it('keeps the arguments of a call that are nested too deeply as the text they are', async () => {
    ollama.next(answer('Fine'));
    const nested = (levels: number) => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    const call = (text: string): OpenAI.Responses.ResponseInput => [
      { type: 'function_call', call_id: 'c', name: 'f', arguments: text },
      { type: 'function_call_output', call_id: 'c', output: 'x' },
    ];
    const { id, output_text } = await ask({ input: call(nested(100)) });
    expect(output_text).toBe('Fine');
    expect((await client.responses.inputItems.list(id, { order: 'asc' })).data).toMatchObject([
      { arguments: nested(100) },
      { output: 'x' },
    ]);
    expect(await failure(ask({ input: call(nested(20_000)) }))).toMatchObject({
      ...{ status: 400, code: 'context_length_exceeded' },
    });
  });

  it('enforces a call that is required, and one call at most', async () => {
    const call = JSON.stringify({ name: 'get_time', arguments: { city: 'Vienna' } });
    ollama
      .next(answer(call))
      .next(
        script()
          .calls({ name: 'get_time', arguments: {} }, { name: 'get_weather', arguments: {} })
          .done(),
      );
    const tools = [WEATHER, TIME];
    const first = await ask({ tools, tool_choice: 'required' });
    expect(first.output).toMatchObject([{ type: 'function_call', name: 'get_time' }]);
    const { body } = await ollama.chat(0);
    expect(body.tools).toBeUndefined();
    expect(body.format).toMatchObject({ anyOf: [{}, {}] });
    const second = await ask({ tools, parallel_tool_calls: false });
    expect(second.output).toHaveLength(1);
  });

  it('follows a schema', async () => {
    ollama.next(answer('{"city":"Vienna"}'));
    const schema = { type: 'object', properties: { city: { type: 'string' } } };
    const format = { type: 'json_schema', name: 'place', schema, strict: true } as const;
    const parsed = await client.responses.parse({
      ...{ model: 'llama2', input: 'Where?', text: { format } },
    });
    expect(parsed).toMatchObject({ output_text: '{"city":"Vienna"}', text: { format } });
    expect((await ollama.chat(0)).body.format).toMatchObject({ type: 'object' });
  });

  it('sees images, and thinks as much as it is told to', async () => {
    ollama.next(answer('A cat'));
    await ask({
      reasoning: { effort: 'minimal' },
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'What is it?' },
            { type: 'input_image', image_url: dataUrlOf('png'), detail: 'auto' },
          ],
        },
      ],
    });
    const { body } = await ollama.chat(0);
    expect(body.think).toBe('low');
    expect(body.messages).toMatchObject([{ role: 'user', images: [expect.any(String)] }]);
  });

  it('fails before the first token with a status, after it in the stream', async () => {
    ollama.always(script().error(500));
    const before = await failure(stream());
    expect(before).toMatchObject({ status: 503, code: 'model_unavailable' });
    ollama.always(script().token('a').errorLine('broken'));
    const seen: Event[] = [];
    const after = await failure(
      (async () => {
        for await (const event of await stream()) seen.push(event);
      })(),
    );
    expect(after).toMatchObject({ code: 'model_unavailable' });
    expect(seen.map(({ type }) => type)).toContain('response.output_text.delta');
    const [created] = seen;
    if (created?.type !== 'response.created') throw new Error('Not created');
    expect(await client.responses.retrieve(created.response.id)).toMatchObject({
      ...{ status: 'failed', error: { code: 'server_error', reason: 'model_unavailable' } },
    });
    expect(await bytesOf(created.response.id)).toContain('event: response.failed\n');
  });

  it('stops the model where the client closes its connection', async () => {
    ollama.next(script().token('a').hang());
    const events = await stream();
    for await (const event of events) if (event.type === 'response.output_text.delta') break;
    expect(await (await ollama.chat(0)).closed).toBe('client_left');
  });

  it('runs in the background: resumed byte for byte, cancelled, read', async () => {
    const gate = new Gate();
    ollama.next(script().token('a').wait(gate).token('b').done());
    const events = await stream({ background: true });
    let id = '';
    for await (const event of events) {
      if (event.type === 'response.created') ({ id } = event.response);
      if (event.type === 'response.output_text.delta') break;
    }
    expect(await client.responses.retrieve(id)).toMatchObject({
      ...{ status: 'in_progress', background: true, output_text: 'a' },
    });
    gate.open();
    const whole = await bytesOf(id);
    const blocks = whole.split(/(?<=\n\n)/);
    expect(blocks).toHaveLength(10);
    for (const after of [0, 4, 5]) {
      expect(await bytesOf(id, `&starting_after=${String(after)}`)).toBe(
        blocks.slice(after + 1).join(''),
      );
    }
    for (const after of [9, 99])
      expect(await bytesOf(id, `&starting_after=${String(after)}`)).toBe(blocks[9]);
    const resumed = await client.responses.retrieve(id, { stream: true, starting_after: 5 });
    expect((await collected(resumed)).at(0)).toMatchObject({ sequence_number: 6 });
    expect(await client.responses.retrieve(id)).toMatchObject({
      ...{ status: 'completed', output_text: 'ab' },
    });
    expect(await client.responses.cancel(id)).toMatchObject({ status: 'completed' });
  });

  it('is there at once in the background, and stopped by cancel', async () => {
    ollama.next(script().token('a').hang());
    const begun = await ask({ background: true });
    expect(['queued', 'in_progress']).toContain(begun.status);
    const reader = collected(await client.responses.retrieve(begun.id, { stream: true }));
    await ollama.chat(0);
    const cancelled = await client.responses.cancel(begun.id);
    expect(cancelled).toMatchObject({ id: begun.id, status: 'cancelled', error: null });
    expect((await reader).at(-1)).toMatchObject({
      ...{ type: 'response.incomplete', response: { status: 'cancelled' } },
    });
    expect(await failure(ask({ background: true, model: 'nobody' }))).toMatchObject({
      ...{ status: 404, code: 'model_not_found' },
    });
    expect(await failure(ask({ background: true, store: false }))).toMatchObject({ status: 400 });
  });

  it('is stateless with store: false', async () => {
    ollama.next(answer('Hi'));
    const response = await ask({
      store: false,
      instructions: 'Be brief',
      input: [
        { role: 'user', content: 'One' },
        { role: 'system', content: 'Louder' },
        { role: 'user', content: 'Two' },
      ],
    });
    expect(response).toMatchObject({ store: false, output_text: 'Hi', conversation: null });
    expect(await told(0)).toEqual([
      { role: 'system', content: 'Be brief' },
      { role: 'user', content: 'One' },
      { role: 'system', content: 'Louder' },
      { role: 'user', content: 'Two' },
    ]);
    expect((await history()).total).toBe(0);
    for (const call of [
      () => client.responses.retrieve(response.id),
      () => client.responses.cancel(response.id),
      () => client.responses.delete(response.id),
      () => client.responses.inputItems.list(response.id),
    ])
      expect(await failure(call())).toMatchObject({ status: 404, code: 'generation_not_found' });
  });

  it('is replayed for the same idempotency key, byte for byte, wherever it would go on', async () => {
    ollama.next(answer('One')).next(answer('Two'));
    const first = await ask({ input: 'First' });
    const headers = { 'Idempotency-Key': 'k', 'Content-Type': 'application/json' };
    const body = { input: 'Second', previous_response_id: first.id, stream: true };
    const post = () =>
      fetch(`${service.url}/v1/responses`, {
        ...{ method: 'POST', headers, body: JSON.stringify({ model: 'llama2', ...body }) },
      });
    const once = await (await post()).text();
    const again = await post();
    expect(again.headers.get('Idempotency-Replayed')).toBe('true');
    expect(await again.text()).toBe(once);
    expect(ollama.chats).toHaveLength(2);
    expect((await history()).total).toBe(1);
  });

  it('refuses what does not fit, unless it may leave out the oldest', async () => {
    ollama.next(answer('One')).next(answer('Two'));
    const long = 'word '.repeat(3_000);
    const first = await ask({ input: long });
    const next = { input: long, previous_response_id: first.id };
    expect(await failure(ask(next))).toMatchObject({
      ...{ status: 400, code: 'context_length_exceeded', param: 'input' },
    });
    await ask({ ...next, truncation: 'auto' });
    expect(await told(1)).toHaveLength(1);
  });

  it('says what is wrong, in OpenAI’s form', async () => {
    for (const [body, param] of [
      [{ input: [] }, 'input'],
      [{ input: [{ role: 'developer', content: 'x' }] }, 'input'],
      [{ prompt: { id: 'x' } }, 'prompt'],
      [{ tools: [{ type: 'web_search' }] }, 'tools'],
      [{ text: { format: { ...NO_SCHEMA, name: 'n' } } }, 'text.format'],
    ] as [Partial<Create>, string][])
      expect(await failure(ask(body))).toMatchObject({ status: 400, code: 'validation', param });
    expect(await failure(client.responses.retrieve('resp_x'))).toMatchObject({ status: 404 });
    const odd = await fetch(`${service.url}/v1/responses/${randomUUID()}?stream=maybe`);
    expect(odd.status).toBe(400);
  });
});

/** A response's generation, as the native API names it. */
async function generationIdOf({ id }: OpenAI.Responses.Response): Promise<string> {
  const hex = id.replace('resp_', '');
  return Promise.resolve(hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'));
}
