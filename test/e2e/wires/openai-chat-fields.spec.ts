import { answer, FakeOllama, Gate, script } from '../../support/fake-ollama.js';
import { getJson } from '../../support/http-client.js';
import { startService, type RunningService } from '../../support/service.js';
import { StreamReader } from '../../support/stream-reader.js';

const MESSAGES = [{ role: 'user', content: 'Hello' }];
const TOOL = { type: 'function', function: { name: 'get_time' } };
const named = (name: string) => ({ type: 'function', function: { name } });

describe('OpenAI chat, as it is sent', () => {
  let ollama: FakeOllama;
  let service: RunningService;
  beforeEach(async () => {
    const capabilities = ['completion', 'tools', 'thinking'];
    ollama = await FakeOllama.start({ name: 'llama2', capabilities });
    service = await startService(ollama, { ollama: { retries: 0 } });
  });
  afterEach(async () => {
    await service.close();
    await ollama.close();
  });

  const post = (body: object, init: { headers?: object; signal?: AbortSignal } = {}) =>
    fetch(`${service.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...init.headers },
      body: JSON.stringify({ model: 'llama2', messages: MESSAGES, ...body }),
      ...(init.signal && { signal: init.signal }),
    });
  const blocksOf = (text: string): any[] =>
    text
      .trimEnd()
      .split('\n\n')
      .map((block) => block.slice('data: '.length))
      .map((data) => (data === '[DONE]' ? data : JSON.parse(data)));
  const recordOf = async (response: Response) => {
    const id = response.headers.get('X-Generation-Id') ?? '';
    return (await getJson(`${service.url}/api/generations/${id}`)).body;
  };

  it('has the time in seconds, the id and the object in each chunk and whole answer', async () => {
    ollama.always(answer('Good', ' day'));
    for (const stream of [false, true]) {
      const response = await post({ stream });
      const text = await response.text();
      const all: any[] = stream ? blocksOf(text) : [JSON.parse(text)];
      if (stream) expect(all.pop()).toBe('[DONE]');
      const record = await recordOf(response);
      for (const one of all)
        expect(one).toMatchObject({
          id: `chatcmpl-${record.id.replaceAll('-', '')}`,
          object: stream ? 'chat.completion.chunk' : 'chat.completion',
          model: 'llama2',
          created: Math.floor(Date.parse(record.created_at) / 1000),
        });
      expect(response.headers.get('Content-Type')).toMatch(
        stream ? /^text\/event-stream/ : /^application\/json/,
      );
      expect(response.headers.get('X-Accel-Buffering')).toBe(stream ? 'no' : null);
    }
  });

  it('says who speaks even where nothing is said', async () => {
    ollama.next(script().done());
    const [first, last] = blocksOf(await (await post({ stream: true })).text());
    expect(first.choices).toMatchObject([
      { delta: { role: 'assistant', content: '' }, finish_reason: 'stop' },
    ]);
    expect(last).toBe('[DONE]');
  });

  it('ends a stream that failed with the error, and nothing that looks like an end', async () => {
    ollama.next(script().token('Half').cut());
    const blocks = blocksOf(await (await post({ stream: true })).text());
    expect(blocks).toHaveLength(2);
    expect(blocks[1]).toEqual({
      error: {
        ...{ message: expect.any(String), type: 'server_error', param: null },
        ...{ code: 'model_unavailable', reason: 'model_unavailable' },
      },
    });
  });

  it.each<[string, object, object]>([
    ['a word to stop at', { stop: 'END' }, { stop: ['END'] }],
    ['words to stop at', { stop: ['END', '.'] }, { stop: ['END', '.'] }],
    ['top_p', { top_p: 0.5 }, { top_p: 0.5 }],
    ['max_tokens', { max_tokens: 7 }, { num_predict: 7 }],
    [
      'penalties',
      { presence_penalty: 1, frequency_penalty: -1 },
      { presence_penalty: 1, frequency_penalty: -1 },
    ],
  ])('sends %s to the model', async (_name, given, options) => {
    ollama.next(answer('Yes'));
    expect((await post(given)).status).toBe(200);
    expect((await ollama.chat(0)).body.options).toMatchObject(options);
  });

  it.each([
    ['minimal', 'low'],
    ['medium', 'medium'],
    ['xhigh', 'high'],
  ])('sends the effort %s as %s', async (effort, think) => {
    ollama.next(answer('Yes'));
    expect((await post({ reasoning_effort: effort })).status).toBe(200);
    expect((await ollama.chat(0)).body.think).toBe(think);
  });

  it('asks the default model where none is named, and shows no tools that may not be called', async () => {
    ollama.next(answer('Yes'));
    const body = { model: undefined, tools: [TOOL], tool_choice: 'none', stop: '' };
    const whole: any = await (await post(body)).json();
    expect(whole).toMatchObject({ model: service.settings.models.default });
    const asked = (await ollama.chat(0)).body;
    expect(asked.tools).toBeUndefined();
    expect(asked.options.stop).toBeUndefined();
  });

  it.each<[string, object]>([
    ['stop', { stop: Array.from({ length: 17 }, (_, n) => `word ${String(n)}`) }],
    ['stop', { stop: ['END', ''] }],
    ['tools', { tools: Array.from({ length: 129 }, (_, n) => named(`tool_${String(n)}`)) }],
    ['tool_choice', { tools: [TOOL], tool_choice: named('get_weather') }],
    ['response_format', { tools: [TOOL], response_format: { type: 'json_object' } }],
  ])('refuses %s that it would have to ignore', async (param, body) => {
    const response = await post(body);
    expect(response.status).toBe(400);
    const refusal = { error: { type: 'invalid_request_error', code: 'validation', param } };
    expect(await response.json()).toMatchObject(refusal);
    expect(ollama.chats).toHaveLength(0);
  });

  it('goes on for who has a key and comes back, and is joined', async () => {
    const gate = new Gate();
    ollama.next(script().token('a').wait(gate).token('b').done());
    const headers = { 'Idempotency-Key': 'k' };
    const leave = new AbortController();
    const first = await post({ stream: true }, { headers, signal: leave.signal });
    const id = first.headers.get('X-Generation-Id') ?? '';
    const other = await StreamReader.open(`${service.url}/api/generations/${id}/stream`);
    await other.take(1);
    other.leave();
    leave.abort();
    // It is told that its last reader left before it is asked again.
    for (let n = 0; n < 3; n += 1) await getJson(`${service.url}/api/generations/${id}`);
    const again = await post({ stream: true }, { headers });
    gate.open();
    const blocks = blocksOf(await again.text());
    expect(blocks.map(({ choices }) => choices?.[0].delta.content)).toEqual([
      ...['a', 'b', undefined, undefined],
    ]);
    expect(again.headers.get('X-Generation-Id')).toBe(id);
    expect(ollama.chats).toHaveLength(1);
  });

  it('says since when there is a model', async () => {
    const { body } = await getJson(`${service.url}/api/models`);
    const list = await getJson(`${service.url}/v1/models`);
    expect(list.body.data).toMatchObject([
      { created: Math.floor(Date.parse(body.models[0].modified_at) / 1000), owned_by: 'ollama' },
    ]);
    expect(list.body.data[0].created).toBeGreaterThan(0);
  });
});
