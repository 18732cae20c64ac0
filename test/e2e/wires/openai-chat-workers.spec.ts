import { randomUUID } from 'node:crypto';
import OpenAI from 'openai';
import { answer, Gate, script, type FakeOllama } from '../../support/fake-ollama.js';
import { getJson, postJson } from '../../support/http-client.js';
import type { RunningService } from '../../support/service.js';
import { describeOnSharedStores } from '../../support/storages.js';
import { StreamReader, textOf } from '../../support/stream-reader.js';
import { TwoWorkers } from '../../support/two-workers.js';

const HELLO: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hello' }];

describeOnSharedStores('OpenAI chat, with two workers', (makeStorage) => {
  let workers: TwoWorkers;
  let upstream: FakeOllama;
  let here: RunningService;
  let there: RunningService;

  beforeAll(async () => {
    const rateLimit = { enabled: true, requests: 1000, readRequests: 1000, streams: 1 };
    workers = await TwoWorkers.start(makeStorage, { rateLimit });
    ({ upstream, here, there } = workers);
  });
  afterEach(() => upstream.assertNoUnexpected());
  afterAll(() => workers.close());

  const clientOf = (service: RunningService) =>
    new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'not-needed', maxRetries: 0 });
  const post = (service: RunningService, key: string, stream = true) =>
    fetch(`${service.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
      body: JSON.stringify({
        ...{ model: 'LLAMA2', messages: HELLO, stream },
        ...(stream && { stream_options: { include_usage: true } }),
      }),
    });
  const streamOf = (service: RunningService, headers: Record<string, string> = {}) =>
    clientOf(service).chat.completions.create(
      { model: 'llama2', messages: HELLO, stream: true },
      { headers },
    );
  const expectNothingKept = async () => {
    const history = await getJson(`${there.url}/api/history`);
    expect(history.body).toMatchObject({ total: 0 });
  };

  it('is joined and replayed by its key on the other, with the same bytes', async () => {
    const gate = new Gate();
    upstream.next(script().tokens('Good', ' day').wait(gate).token('!').done());
    const asked = upstream.chats.length;
    const key = randomUUID();
    const first = await post(here, key);
    const joined = await post(there, key);
    expect(joined.headers.get('x-generation-id')).toBe(first.headers.get('x-generation-id'));
    expect(joined.headers.get('idempotency-replayed')).toBe('true');
    gate.open();
    const bytes = await first.text();
    expect(await joined.text()).toBe(bytes);
    for (const service of [here, there])
      expect(await (await post(service, key)).text()).toBe(bytes);
    const blocks = bytes.trimEnd().split('\n\n');
    expect(blocks).toHaveLength(6);
    // The echo is the request's, wherever the answer is written from.
    expect(JSON.parse(blocks[0]?.slice('data: '.length) ?? '')).toMatchObject({ model: 'LLAMA2' });
    expect(blocks[4]).toContain('"usage":{"prompt_tokens":12,');
    expect(blocks[5]).toBe('data: [DONE]');
    expect(upstream.chats).toHaveLength(asked + 1);
    await expectNothingKept();
  });

  it('is replayed whole by its key on the other', async () => {
    upstream.next(answer('Good', ' day'));
    const asked = upstream.chats.length;
    const key = randomUUID();
    const bytes = await (await post(here, key, false)).text();
    const again = await post(there, key, false);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await again.text()).toBe(bytes);
    expect(JSON.parse(bytes)).toMatchObject({
      ...{ model: 'LLAMA2', choices: [{ message: { content: 'Good day' } }] },
    });
    expect(upstream.chats).toHaveLength(asked + 1);
  });

  it('is followed in our own format, and cancelled, from the other', async () => {
    const asked = upstream.chats.length;
    const id = randomUUID();
    upstream.next(script().token('Good').hang());
    const stream = await streamOf(here, { 'X-Generation-Id': id });
    const reader = await StreamReader.open(`${there.url}/api/generations/${id}/stream`);
    expect(textOf(await reader.take(1))).toBe('Good');
    const receipt = await postJson(`${there.url}/api/generations/${id}/cancel`);
    expect(receipt.body).toMatchObject({ id, status: 'cancelled', response: 'Good' });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason)).toEqual([null, 'cancelled']);
    expect(await (await upstream.chat(asked)).closed).toBe('client_left');
    const record = await getJson(`${there.url}/api/generations/${id}`);
    expect(record.body).toMatchObject({ status: 'cancelled', conversation_id: null });
    await expectNothingKept();
  });

  it('is replayed by its key on the other as it was cancelled from there', async () => {
    upstream.next(script().token('Good').hang());
    const asked = upstream.chats.length;
    const key = randomUUID();
    const first = await post(here, key);
    const id = first.headers.get('x-generation-id') ?? '';
    const receipt = await postJson(`${there.url}/api/generations/${id}/cancel`);
    expect(receipt.body).toMatchObject({ id, status: 'cancelled' });
    const bytes = await first.text();
    expect(bytes).toContain('"finish_reason":"cancelled"');
    expect(bytes.endsWith('data: [DONE]\n\n')).toBe(true);
    const again = await post(there, key);
    expect(again.headers.get('x-generation-id')).toBe(id);
    expect(await again.text()).toBe(bytes);
    expect(upstream.chats).toHaveLength(asked + 1);
    await expectNothingKept();
  });

  it('takes a slot of all workers, which is free after its end', async () => {
    const asked = upstream.chats.length;
    const id = randomUUID();
    upstream.next(script().token('Good').hang()).next(answer('Yes')).next(answer('Again'));
    const first = await streamOf(here, { 'X-Generation-Id': id });
    await upstream.chat(asked);
    await expect(streamOf(there)).rejects.toMatchObject({
      ...{ status: 429, code: 'rate_limit_exceeded', type: 'requests' },
    });
    // A whole answer takes none.
    const request = { model: 'llama2', messages: HELLO };
    const whole = await clientOf(there).chat.completions.create(request);
    expect(whole.choices[0]?.message.content).toBe('Yes');
    await postJson(`${there.url}/api/generations/${id}/cancel`);
    for await (const { choices } of first) expect(choices).toHaveLength(1);
    const texts: unknown[] = [];
    for await (const { choices } of await streamOf(there)) texts.push(choices[0]?.delta.content);
    expect(texts.join('')).toBe('Again');
  });
});
