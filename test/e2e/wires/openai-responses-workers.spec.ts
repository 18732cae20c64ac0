import { randomUUID } from 'node:crypto';
import OpenAI from 'openai';
import { Store } from '../../../src/store/store.js';
import { Gate, script, type FakeOllama } from '../../support/fake-ollama.js';
import type { RunningService } from '../../support/service.js';
import { describeOnSharedStores } from '../../support/storages.js';
import { TwoWorkers } from '../../support/two-workers.js';

describeOnSharedStores('OpenAI responses, with two workers', (makeStorage) => {
  let workers: TwoWorkers;
  let upstream: FakeOllama;
  let here: RunningService;
  let there: RunningService;

  beforeAll(async () => {
    workers = await TwoWorkers.start(makeStorage, {
      models: [{ name: 'llama2', capabilities: ['completion', 'tools', 'thinking'] }],
    });
    ({ upstream, here, there } = workers);
  });
  afterEach(() => upstream.assertNoUnexpected());
  afterAll(() => workers.close());

  const clientOf = (service: RunningService) =>
    new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'not-needed', maxRetries: 0 });
  const post = (service: RunningService, body: object, headers: Record<string, string> = {}) =>
    fetch(`${service.url}/v1/responses`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify({ model: 'LLAMA2', input: 'Hello', ...body }),
    });
  const bytesOf = async (service: RunningService, id: string, after?: number) => {
    const query = after === undefined ? '' : `&starting_after=${String(after)}`;
    return (await fetch(`${service.url}/v1/responses/${id}?stream=true${query}`)).text();
  };

  it('are joined, replayed and resumed on the other, with the same bytes', async () => {
    const gate = new Gate();
    upstream.next(
      script()
        .thinking('Hm')
        .tokens('Good', ' day')
        .wait(gate)
        .token('!')
        .calls({ id: 'c1', name: 'look', arguments: { at: 'it' } })
        .done(),
    );
    const asked = upstream.chats.length;
    const headers = { 'Idempotency-Key': randomUUID() };
    const tools = [{ type: 'function', name: 'look', parameters: { type: 'object' } }];
    const body = { stream: true, tools, metadata: { a: 'b' }, instructions: 'Be brief' };
    const first = await post(here, body, headers);
    const id = first.headers.get('x-generation-id') ?? '';
    const joined = await post(there, body, headers);
    expect(joined.headers.get('idempotency-replayed')).toBe('true');
    const resumed = bytesOf(there, id, 3);
    gate.open();
    const bytes = await first.text();
    expect(await joined.text()).toBe(bytes);
    const blocks = bytes.split(/(?<=\n\n)/);
    expect(await resumed).toBe(blocks.slice(4).join(''));
    for (const service of [here, there]) {
      expect(await (await post(service, body, headers)).text()).toBe(bytes);
      expect(await bytesOf(service, id)).toBe(bytes);
      for (const [after] of blocks.entries())
        expect(await bytesOf(service, id, after)).toBe(
          blocks.slice(after + 1).join('') || blocks.at(-1),
        );
    }
    expect(upstream.chats).toHaveLength(asked + 1);
    const [read, other] = await Promise.all(
      [here, there].map((service) => clientOf(service).responses.retrieve(id)),
    );
    expect(read).toEqual(other);
    expect(read).toMatchObject({ model: 'LLAMA2', metadata: { a: 'b' }, status: 'completed' });
  });

  it.each([
    ['responses', { input: 'Hello' }],
    ['chat/completions', { messages: [{ role: 'user', content: 'Hello' }] }],
  ])('tell no client to try again what a lost worker left of them (%s)', async (path, body) => {
    const asked = upstream.chats.length;
    const gate = new Gate();
    upstream.next(script().wait(gate).token('Late').done());
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID() };
    const send = (service: RunningService) =>
      fetch(`${service.url}/v1/${path}`, {
        ...{ method: 'POST', headers },
        body: JSON.stringify({ model: 'llama2', stream: true, ...body }),
      });
    const first = send(here);
    await upstream.chat(asked);
    const { generations, coordination } = there.app.get(Store);
    const record = await generations.findByIdempotencyKey('default', headers['Idempotency-Key']);
    if (!record) throw new Error('No generation');
    await coordination.endLost(record.key, record.workerId, Date.now());
    const replay = await send(there);
    expect(replay.status).toBe(500);
    expect(Object.fromEntries(replay.headers)).toMatchObject({
      ...{ 'idempotency-replayed': 'true', 'x-should-retry': 'false' },
    });
    expect(await replay.json()).toMatchObject({ error: { reason: 'internal' } });
    gate.open();
    await (await first).text();
    expect(upstream.chats).toHaveLength(asked + 1);
  });

  it('run in the background here, and are followed, gone on with and stopped there', async () => {
    upstream.next(script().token('Good').hang());
    const asked = upstream.chats.length;
    const begun = await clientOf(here).responses.create({
      ...{ model: 'llama2', input: 'Hello', background: true },
    });
    const types: string[] = [];
    for await (const event of await clientOf(there).responses.retrieve(begun.id, {
      stream: true,
    })) {
      types.push(event.type);
      if (event.type !== 'response.output_text.delta') continue;
      const busy = { model: 'llama2', input: 'More', previous_response_id: begun.id };
      await expect(clientOf(there).responses.create(busy)).rejects.toMatchObject({
        ...{ status: 409, code: 'conversation_busy' },
      });
      const stopped = await clientOf(there).responses.cancel(begun.id);
      expect(stopped).toMatchObject({
        ...{ status: 'cancelled', output: [{ content: [{ text: 'Good' }] }] },
      });
    }
    expect(types.at(-1)).toBe('response.incomplete');
    expect(await (await upstream.chat(asked)).closed).toBe('client_left');
    await clientOf(there).responses.delete(begun.id);
    await expect(clientOf(here).responses.retrieve(begun.id)).rejects.toMatchObject({
      ...{ status: 404 },
    });
  });

  it('go on each in a conversation of its own where several follow the same response at once', async () => {
    const answered = async (service: RunningService, body: object = {}) => {
      upstream.next(script().token('Fine').done());
      return (await (await post(service, body)).json()) as OpenAI.Responses.Response;
    };
    const { id, conversation } = await answered(here);
    const turns = await Promise.all(
      [here, there, here, there, here, there, here, there].map((service, n) =>
        answered(service, { input: String(n), previous_response_id: id }),
      ),
    );
    const places = turns.map((turn) => turn.conversation?.id);
    expect(new Set(places).size).toBe(turns.length);
    expect(places).toContain(conversation?.id);
    for (const turn of turns) {
      const next = await answered(there, { previous_response_id: turn.id });
      expect(next.conversation).toEqual(turn.conversation);
    }
  });
});
