import { randomUUID } from 'node:crypto';
import { Ollama } from 'ollama';
import { answer, Gate, script, type FakeOllama } from '../../support/fake-ollama.js';
import { getJson, postJson } from '../../support/http-client.js';
import type { RunningService } from '../../support/service.js';
import { describeOnSharedStores } from '../../support/storages.js';
import { StreamReader, textOf } from '../../support/stream-reader.js';
import { TwoWorkers } from '../../support/two-workers.js';

const HELLO = [{ role: 'user', content: 'Hello' }];

describeOnSharedStores('an answer to Ollama’s clients, with two workers', (makeStorage) => {
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

  const chat = (service: RunningService, headers: Record<string, string>) =>
    fetch(`${service.url}/api/ollama/api/chat`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ model: 'LLAMA2', messages: HELLO }),
    });

  it('is joined and replayed by its key on the other, with the same bytes', async () => {
    const gate = new Gate();
    upstream.next(script().tokens('Good', ' day').wait(gate).token('!').done());
    const key = { 'Idempotency-Key': randomUUID() };
    const first = await chat(here, key);
    const joined = await chat(there, key);
    expect(joined.headers.get('x-generation-id')).toBe(first.headers.get('x-generation-id'));
    gate.open();
    const bytes = await first.text();
    expect(await joined.text()).toBe(bytes);
    expect(await (await chat(there, key)).text()).toBe(bytes);
    expect(bytes.trimEnd().split('\n')).toHaveLength(4);
    expect(JSON.parse(bytes.split('\n')[0] ?? '')).toMatchObject({ model: 'LLAMA2' });
  });

  it('goes on for who has a key and leaves, and is joined on the other', async () => {
    const asked = upstream.chats.length;
    const gate = new Gate();
    upstream.next(script().token('Good').wait(gate).token('!').done());
    const key = { 'Idempotency-Key': randomUUID() };
    const first = await chat(here, key);
    await first.body?.cancel();
    const id = first.headers.get('x-generation-id') ?? '';
    // It is told that its last reader left before it is asked again.
    for (let n = 0; n < 3; n += 1) await getJson(`${here.url}/api/generations/${id}`);
    const again = await chat(there, key);
    gate.open();
    const last: unknown = JSON.parse((await again.text()).trimEnd().split('\n').at(-1) ?? '');
    expect(last).toMatchObject({ done: true, done_reason: 'stop' });
    expect(again.headers.get('x-generation-id')).toBe(id);
    expect(upstream.chats).toHaveLength(asked + 1);
  });

  it('is followed in our own format, and cancelled, from the other', async () => {
    const id = randomUUID();
    upstream.next(script().token('Good').hang());
    const client = new Ollama({
      host: `${here.url}/api/ollama`,
      headers: { 'X-Generation-Id': id },
    });
    const stream = await client.chat({ model: 'llama2', messages: HELLO, stream: true });
    const reader = await StreamReader.open(`${there.url}/api/generations/${id}/stream`);
    expect(textOf(await reader.take(1))).toBe('Good');
    const receipt = await postJson(`${there.url}/api/generations/${id}/cancel`);
    expect(receipt.body).toMatchObject({ id, status: 'cancelled', response: 'Good' });
    const lines: unknown[] = [];
    for await (const line of stream) lines.push(line);
    expect(lines.at(-1)).toMatchObject({ done: true, done_reason: 'cancelled' });
    const record = await getJson(`${there.url}/api/generations/${id}`);
    expect(record.body).toMatchObject({ status: 'cancelled', conversation_id: null });
    const history = await getJson(`${there.url}/api/history`);
    expect(history.body).toMatchObject({ total: 0 });
  });

  it('takes a slot of all workers', async () => {
    const index = upstream.chats.length;
    const gate = new Gate();
    upstream.next(script().token('Good').wait(gate).done()).next(answer('Yes'));
    const first = await chat(here, {});
    await upstream.chat(index);
    const second = new Ollama({ host: `${there.url}/api/ollama` });
    const request = { model: 'llama2', messages: HELLO };
    await expect(second.chat({ ...request, stream: true })).rejects.toMatchObject({
      status_code: 429,
    });
    // A whole answer takes none.
    expect((await second.chat(request)).message.content).toBe('Yes');
    gate.open();
    await first.text();
  });
});
