import { randomUUID } from 'node:crypto';
import OpenAI from 'openai';
import { answer, FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { PICTURES, dataUrlOf } from '../support/pictures.js';
import { startService, type RunningService } from '../support/service.js';
import type { SettingsOverrides } from '../support/settings.js';
import { StreamReader, textOf } from '../support/stream-reader.js';
import { apiKey } from '../support/settings.js';

type Create = OpenAI.ChatCompletionCreateParamsNonStreaming;
type Messages = Create['messages'];

const HELLO: Messages = [{ role: 'user', content: 'Hello' }];
const KEY = 'openai-key-0123456789abcdef';

const WEATHER: OpenAI.ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city',
    parameters: {
      type: 'object',
      properties: { city: { $ref: '#/$defs/city' } },
      $defs: { city: { type: 'string' } },
    },
  },
};
const TIME: OpenAI.ChatCompletionTool = { type: 'function', function: { name: 'get_time' } };

/** The error with which a call of the client failed. */
async function failure(call: PromiseLike<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  const error: unknown = await Promise.resolve(call).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof OpenAI.APIError) return error;
  throw new Error(`No API error: ${String(error)}`);
}

describe('OpenAI chat, by the official client', () => {
  let ollama: FakeOllama;
  let service: RunningService;
  let client: OpenAI;

  async function start(overrides: SettingsOverrides = {}): Promise<void> {
    service = await startService(ollama, overrides);
    client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: KEY, maxRetries: 0 });
  }
  beforeEach(async () => {
    ollama = await FakeOllama.start(
      { name: 'llama2', capabilities: ['completion', 'tools', 'thinking', 'vision'] },
      { name: 'hf.co/some/model:q4' },
    );
  });
  afterEach(async () => {
    await service.close();
    await ollama.close();
  });

  const ask = (body: Partial<Create> = {}) =>
    client.chat.completions.create({ model: 'llama2', messages: HELLO, ...body });
  const stream = (body: Partial<Create> = {}, options?: OpenAI.RequestOptions) =>
    client.chat.completions.create(
      { model: 'llama2', messages: HELLO, ...body, stream: true },
      options,
    );
  async function collected(chunks: AsyncIterable<OpenAI.ChatCompletionChunk>) {
    const all: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of chunks) all.push(chunk);
    return all;
  }

  it('answers whole, and leaves nothing in the history', async () => {
    await start();
    ollama.next(answer('Quantum', ' computing'));
    const { data, response } = await ask({
      messages: [
        { role: 'developer', content: 'Be brief' },
        { role: 'user', content: 'What?' },
        { role: 'user', content: [{ type: 'text', text: 'And why?' }] },
        { role: 'assistant', content: 'Since' },
        { role: 'user', content: 'Go on' },
      ],
      temperature: 1.5,
      max_completion_tokens: 100_000,
      stop: 'END',
      seed: 7,
    }).withResponse();
    const generation = response.headers.get('X-Generation-Id') ?? '';
    expect(data).toMatchObject({
      id: `chatcmpl-${generation.replaceAll('-', '')}`,
      object: 'chat.completion',
      model: 'llama2',
      usage: { prompt_tokens: 12, completion_tokens: 2, total_tokens: 14 },
    });
    expect(data.choices).toEqual([
      {
        index: 0,
        message: { role: 'assistant', content: 'Quantum computing', refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ]);
    expect(response.headers.get('X-Conversation-Id')).toBeNull();
    const { body } = await ollama.chat(0);
    expect(body.messages).toEqual([
      { role: 'system', content: 'Be brief' },
      { role: 'user', content: 'What?' },
      { role: 'user', content: 'And why?' },
      { role: 'assistant', content: 'Since' },
      { role: 'user', content: 'Go on' },
    ]);
    // The window of the model is 4096.
    expect(body.options).toMatchObject({ temperature: 1.5, num_predict: 4096, seed: 7 });
    expect((await getJson(`${service.url}/api/history`)).body).toMatchObject({ total: 0 });
    expect((await getJson(`${service.url}/api/generations/${generation}`)).body).toMatchObject({
      ...{ id: generation, conversation_id: null, message_id: null, parent_id: null },
      ...{ message: null, response: 'Quantum computing', status: 'completed' },
    });
  });

  it('streams, with what was counted where it was asked for', async () => {
    await start();
    const gate = new Gate();
    ollama.next(script().token('a').wait(gate).token('b').done());
    const chunks = await stream({ stream_options: { include_usage: true } });
    const seen: unknown[] = [];
    for await (const { choices, usage } of chunks) {
      seen.push([choices[0]?.delta ?? null, choices[0]?.finish_reason ?? null, usage]);
      gate.open();
    }
    expect(seen).toEqual([
      [{ role: 'assistant', content: 'a' }, null, null],
      [{ content: 'b' }, null, null],
      [{}, 'stop', null],
      [null, null, { prompt_tokens: 12, completion_tokens: 2, total_tokens: 14 }],
    ]);
  });

  it('has the same bytes for whoever replays it, in any process', async () => {
    await start();
    ollama.next(answer('Hi', '!'));
    const body = { model: 'llama2', messages: HELLO, stream: true };
    const headers = { 'Idempotency-Key': 'k' };
    const url = `${service.url}/v1/chat/completions`;
    const post = async () => {
      const request = { method: 'POST', body: JSON.stringify(body) };
      const type = { 'Content-Type': 'application/json' };
      const response = await fetch(url, { ...request, headers: { ...headers, ...type } });
      return {
        text: await response.text(),
        replayed: response.headers.get('Idempotency-Replayed'),
      };
    };
    const first = await post();
    const again = await post();
    expect(again).toEqual({ text: first.text, replayed: 'true' });
    expect(first.text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(ollama.chats).toHaveLength(1);
    const create = client.chat.completions.create(
      { model: 'llama2', messages: HELLO },
      { headers },
    );
    const other = await failure(create);
    expect(other).toMatchObject({ status: 409, code: 'idempotency_mismatch' });
    expect(other.headers?.get('X-Should-Retry')).toBe('false');
  });

  it('shows thinking apart, under both names, and takes levels of it', async () => {
    await start();
    ollama.always(script().thinking('Hm').token('Yes').done());
    const whole = await ask({ reasoning_effort: 'minimal' });
    expect(whole.choices[0]?.message).toMatchObject({
      ...{ content: 'Yes', reasoning_content: 'Hm', reasoning: 'Hm' },
    });
    expect((await ollama.chat(0)).body.think).toBe('low');
    const [first] = await collected(await stream({ reasoning_effort: 'none' }));
    expect(first?.choices[0]?.delta).toEqual({
      ...{ role: 'assistant', reasoning_content: 'Hm', reasoning: 'Hm' },
    });
    expect((await ollama.chat(1)).body.think).toBe(false);
  });

  it('calls tools, and is told their results', async () => {
    await start();
    const calls = [
      { name: 'get_weather', arguments: { city: 'Vienna' } },
      { name: 'get_time', arguments: {} },
    ];
    ollama
      .next(
        script()
          .calls(...calls)
          .done(),
      )
      .next(answer('Sunny'));
    const runner = client.chat.completions.stream({
      ...{ model: 'llama2', messages: HELLO, tools: [WEATHER, TIME] },
    });
    const { message, finish_reason: reason } = (await runner.finalChatCompletion()).choices[0]!;
    expect(reason).toBe('tool_calls');
    expect(message.content).toBeNull();
    expect(message.tool_calls).toMatchObject([
      { type: 'function', function: { name: 'get_weather', arguments: '{"city":"Vienna"}' } },
      { type: 'function', function: { name: 'get_time', arguments: '{}' } },
    ]);
    const [weather, time] = message.tool_calls ?? [];
    await ask({
      tools: [WEATHER, TIME],
      messages: [
        ...HELLO,
        message,
        { role: 'tool', tool_call_id: weather?.id ?? '', content: '21 degrees' },
        { role: 'tool', tool_call_id: time?.id ?? '', content: [{ type: 'text', text: 'noon' }] },
      ],
    });
    const { messages } = (await ollama.chat(1)).body;
    expect(messages).toMatchObject([
      { role: 'user' },
      { role: 'assistant', tool_calls: calls.map((call) => ({ function: call })) },
      { role: 'tool', content: '21 degrees', tool_name: 'get_weather' },
      { role: 'tool', content: 'noon', tool_name: 'get_time' },
    ]);
  });

  it('calls one tool at most, or one for certain, where it is asked to', async () => {
    await start();
    ollama.next(script().calls({ name: 'a', arguments: {} }, { name: 'b', arguments: {} }).done());
    const one = await ask({ tools: [WEATHER], parallel_tool_calls: false });
    expect(one.choices[0]?.message.tool_calls).toHaveLength(1);

    ollama.next(answer('{"name":"get_weather",', '"arguments":{"city":"Graz"}}'));
    const forced = await ask({
      tools: [WEATHER, TIME],
      tool_choice: { type: 'function', function: { name: 'get_weather' } },
    });
    expect(forced.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: null,
        tool_calls: [{ function: { name: 'get_weather', arguments: '{"city":"Graz"}' } }],
      },
    });
    const { body } = await ollama.chat(1);
    expect(body.tools).toBeUndefined();
    expect(body.format).toMatchObject({
      properties: { name: { const: 'get_weather' }, arguments: { $ref: '#/$defs/tool_0' } },
      $defs: { tool_0: { properties: { city: { $ref: '#/$defs/tool_0/$defs/city' } } } },
    });
    expect(body.messages[0].content).toContain('The weather of a city');

    ollama.next(script().tokens('{"name":"get_t').done({ reason: 'length' }));
    const cut = await ask({ tools: [WEATHER, TIME], tool_choice: 'required' });
    expect(cut.choices[0]).toMatchObject({
      ...{ finish_reason: 'length', message: { content: '{"name":"get_t' } },
    });
    expect((await ollama.chat(2)).body.format.anyOf).toHaveLength(2);
  });

  it('shows the tools that are allowed alone, and demands one of them where it is asked to', async () => {
    await start();
    const allowed = (mode: 'auto' | 'required'): Partial<Create> => ({
      tools: [WEATHER, TIME],
      tool_choice: { type: 'allowed_tools', allowed_tools: { mode, tools: [{ ...TIME }] } },
    });
    ollama.next(answer('Yes'));
    await ask(allowed('auto'));
    expect((await ollama.chat(0)).body.tools).toMatchObject([{ function: { name: 'get_time' } }]);

    ollama.next(answer('{"name":"get_time","arguments":{}}'));
    const { choices } = await ask(allowed('required'));
    expect(choices[0]?.message.tool_calls).toMatchObject([{ function: { name: 'get_time' } }]);

    const unknown = { ...allowed('auto'), tools: [WEATHER] };
    expect(await failure(ask(unknown))).toMatchObject({
      status: 400,
      param: 'tool_choice.allowed_tools.tools',
    });
  });

  it('follows a schema, and sees images that are in the request', async () => {
    await start();
    ollama.always(answer('{"a":1}'));
    const schema = { type: 'object', properties: { a: { type: 'integer' } } };
    const parsed = await client.chat.completions.parse({
      model: 'llama2',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'image_url', image_url: { url: dataUrlOf('png') } },
          ],
        },
      ],
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema } },
    });
    expect(parsed.choices[0]?.message.content).toBe('{"a":1}');
    const { body } = await ollama.chat(0);
    expect(body.format).toEqual(schema);
    expect(body.messages).toEqual([{ role: 'user', content: 'Look', images: [PICTURES.png] }]);
    await ask({ response_format: { type: 'json_object' } });
    expect((await ollama.chat(1)).body.format).toBe('json');
  });

  it('is stopped when the client leaves', async () => {
    await start();
    ollama.next(script().token('a').hang());
    const chunks = await stream();
    for await (const { choices } of chunks) if (choices[0]) break;
    expect(await (await ollama.chat(0)).closed).toBe('client_left');
  });

  it('is cancelled from elsewhere by the id that the client gave, and says so', async () => {
    await start();
    const cancel = (id: string) => postJson(`${service.url}/api/generations/${id}/cancel`);
    for (const isStream of [false, true]) {
      const id = randomUUID();
      const number = ollama.chats.length;
      ollama.next(script().token('Half').hang());
      const options = { headers: { 'X-Generation-Id': id } };
      const answered = isStream
        ? stream({}, options).then(collected)
        : client.chat.completions.create({ model: 'llama2', messages: HELLO }, options);
      await ollama.chat(number);
      const reader = await StreamReader.open(`${service.url}/api/generations/${id}/stream`);
      expect(textOf(await reader.take(1))).toBe('Half');
      expect((await cancel(id)).body).toMatchObject({ status: 'cancelled', response: 'Half' });
      expect((await reader.rest())[0]?.data).toMatchObject({
        ...{ done: true, finish_reason: 'cancelled', conversation_id: null, message_id: null },
      });
      const ended = await answered;
      const last = Array.isArray(ended) ? ended.at(-1) : ended;
      expect(last?.choices[0]?.finish_reason).toBe('cancelled');
      const repeated = await failure(stream({}, options));
      expect(repeated).toMatchObject({ status: 409, code: 'generation_exists' });
    }
  });

  it('fails with a status before the first token, and within the stream after it', async () => {
    await start({ ollama: { retries: 0 } });
    ollama.next(script().error(503, 'busy'));
    const before = await failure(stream());
    expect(before).toBeInstanceOf(OpenAI.InternalServerError);
    expect(before).toMatchObject({
      ...{ status: 503, type: 'server_error', code: 'model_unavailable' },
      error: { reason: 'model_unavailable', request_id: before.requestID },
    });
    expect(before.headers?.get('Retry-After')).toBe('5');

    ollama.next(script().token('Half').cut());
    const seen: unknown[] = [];
    const chunks = await stream();
    const after = await failure(
      (async () => {
        for await (const { choices } of chunks) seen.push(choices[0]?.delta.content);
      })(),
    );
    expect(seen).toEqual(['Half']);
    expect(after).toMatchObject({ type: 'server_error', code: 'model_unavailable' });

    ollama.next(script().token('Half').cut());
    expect(await failure(ask())).toMatchObject({ status: 503, code: 'model_unavailable' });
  });

  it('is tried again by its client, unless its key would be answered with the same failure', async () => {
    await start({ ollama: { retries: 0 } });
    const asked = async (key: string | null, maxRetries = 0) => {
      const before = ollama.chats.length;
      const headers = key === null ? {} : { 'Idempotency-Key': key };
      const body = { model: 'llama2', messages: HELLO };
      const error = await failure(client.chat.completions.create(body, { headers, maxRetries }));
      expect(error.status).toBe(503);
      return { again: error.headers?.get('X-Should-Retry'), sent: ollama.chats.length - before };
    };
    ollama.always(script().error(503, 'busy'));
    expect(await asked('early')).toEqual({ again: null, sent: 1 });
    expect(await asked('early')).toEqual({ again: null, sent: 1 });
    ollama.always(script().token('Half').cut());
    expect(await asked(null)).toEqual({ again: null, sent: 1 });
    expect(await asked('late', 2)).toEqual({ again: 'false', sent: 1 });
    expect(await asked('late', 2)).toEqual({ again: 'false', sent: 0 });
  });

  it('never cuts the context silently', async () => {
    await start();
    const long = Array.from({ length: 9 }, () => ({
      role: 'user' as const,
      content: 'word '.repeat(1000),
    }));
    const error = await failure(ask({ messages: long }));
    expect(error).toMatchObject({
      status: 400,
      code: 'context_length_exceeded',
      param: 'messages',
    });
    expect(error.message).not.toContain('truncation');
    expect(ollama.chats).toHaveLength(0);
  });

  it.each<[string, object]>([
    ['n', { n: 2 }],
    ['logprobs', { logprobs: true }],
    ['top_logprobs', { top_logprobs: 1 }],
    ['logit_bias', { logit_bias: { 50256: -100 } }],
    ['functions', { functions: [{ name: 'f' }] }],
    ['audio', { audio: { voice: 'alloy', format: 'wav' } }],
    ['modalities', { modalities: ['text', 'audio'] }],
    ['web_search_options', { web_search_options: {} }],
    ['temperature', { temperature: 2.1 }],
    ['max_tokens', { max_tokens: 0 }],
    ['max_tokens', { max_tokens: 1.5 }],
    ['reasoning_effort', { reasoning_effort: 'much' }],
    ['tool_choice', { tool_choice: 'required' }],
    ['tools[0]', { tools: [{ type: 'custom', custom: { name: 'x' } }] }],
    ['messages', { messages: [] }],
    [
      'response_format',
      {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'n', schema: { type: 'thing' } },
        },
      },
    ],
    ['messages[0].role', { messages: [{ role: 'function', name: 'f', content: 'x' }] }],
    [
      'messages[0].content[0].image_url.url',
      {
        messages: [
          {
            role: 'user',
            content: [{ type: 'image_url', image_url: { url: 'http://example.org/a.png' } }],
          },
        ],
      },
    ],
    [
      'messages[0].content[0]',
      {
        messages: [
          {
            role: 'user',
            content: [{ type: 'input_audio', input_audio: { data: '', format: 'wav' } }],
          },
        ],
      },
    ],
  ])('refuses what it would not do: %s', async (param, body) => {
    await start();
    expect(await failure(ask(body))).toMatchObject({
      ...{ status: 400, type: 'invalid_request_error', code: 'validation', param },
    });
    expect(ollama.chats).toHaveLength(0);
  });

  it('ignores what it does not know, and what says nothing', async () => {
    await start();
    ollama.next(answer('Hi'));
    const body: object = {
      ...{ store: false, metadata: { a: 'b' }, user: 'u', service_tier: 'auto', n: 1 },
      ...{ logprobs: false, top_logprobs: 0, logit_bias: {}, tools: [], unheard_of: [1] },
      ...{ temperature: null, stop: null, response_format: { type: 'text' } },
    };
    expect((await ask(body)).choices[0]?.message.content).toBe('Hi');
  });

  it('lists models and finds one whose name holds slashes', async () => {
    await start();
    const { data } = await client.models.list();
    expect(data.map(({ id, object, owned_by }) => [id, object, owned_by])).toEqual([
      ['llama2:latest', 'model', 'ollama'],
      ['hf.co/some/model:q4', 'model', 'ollama'],
    ]);
    expect((await client.models.retrieve('hf.co/some/model:q4')).id).toBe('hf.co/some/model:q4');
    for (const path of ['hf.co/some/model:q4', 'llama2:latest'])
      expect((await fetch(`${service.url}/v1/models/${path}`)).status).toBe(200);
    const missing = await failure(client.models.retrieve('nothing'));
    expect(missing).toMatchObject({ status: 404, code: 'model_not_found' });
    expect(await failure(ask({ model: 'nothing' }))).toMatchObject({
      ...{ status: 404, code: 'model_not_found', type: 'invalid_request_error' },
    });
  });

  it('tells every error below /v1 in its own form, and none elsewhere', async () => {
    await start({ api: { keys: [apiKey('me', KEY)] } });
    const raw = async (path: string, init: { method?: string; body?: string } = {}) => {
      const headers = { Authorization: `Bearer ${KEY}` };
      const response = await fetch(`${service.url}${path}`, { ...init, headers });
      return { status: response.status, body: await response.json() };
    };
    const own = (status: number, code: string) => ({ status, body: { error: { code } } });
    expect(await raw('/v1/nothing')).toMatchObject(own(404, 'route_not_found'));
    expect(await raw('/v1')).toMatchObject(own(404, 'route_not_found'));
    expect(await raw('//v1//chat/completions')).toMatchObject(own(405, 'method_not_allowed'));
    expect(await raw('/v1/chat/completions', { method: 'POST', body: '{' })).toMatchObject(
      own(400, 'validation'),
    );
    expect(await raw('/v1/%ff')).toMatchObject(own(400, 'validation'));
    expect(await raw('/v1x')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    const wrong = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'wrong', maxRetries: 0 });
    expect(await failure(wrong.models.list())).toMatchObject({
      ...{ status: 401, code: 'invalid_api_key', type: 'invalid_request_error' },
    });
  });

  it('counts what it starts with all other answers, and says when to come back', async () => {
    await start({ rateLimit: { enabled: true, requests: 1, readRequests: 100, streams: 1 } });
    ollama.always(answer('Hi'));
    await ask();
    const error = await failure(ask());
    expect(error).toMatchObject({ status: 429, type: 'requests', code: 'rate_limit_exceeded' });
    expect(Number(error.headers?.get('Retry-After'))).toBeGreaterThan(0);
    expect(error.headers?.get('RateLimit')).toBeTruthy();
    expect((await postJson(`${service.url}/api/chat`, { message: 'Hi' })).status).toBe(429);
  });
});
