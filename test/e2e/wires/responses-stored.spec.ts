import { jest } from '@jest/globals';
import OpenAI from 'openai';
import { answer, FakeOllama, Gate, script } from '../../support/fake-ollama.js';
import { getJson, postJson } from '../../support/http-client.js';
import { dataUrlOf } from '../../support/pictures.js';
import { startService, type RunningService } from '../../support/service.js';
import { apiKey } from '../../support/settings.js';
import { describeOnEveryStore, type TestStorage } from '../../support/storages.js';

type Create = OpenAI.Responses.ResponseCreateParamsNonStreaming;
type Input = string | OpenAI.Responses.ResponseInput;
type Response = OpenAI.Responses.Response;

const ADA = 'ada-key-0123456789abcdef';
const BOB = 'bob-key-0123456789abcdef';
const AS_ADA = { Authorization: `Bearer ${ADA}` };
const MODEL = { name: 'llama2', capabilities: ['completion', 'tools', 'thinking', 'vision'] };

/** A UUID of an id of OpenAI's. */
const native = (id = ''): string =>
  id.replace(/^[a-z]+_(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** The status and code with which a call of the client failed. */
async function failure(call: PromiseLike<unknown>): Promise<string> {
  const error: unknown = await Promise.resolve(call).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof OpenAI.APIError) return `${String(error.status)} ${String(error.code)}`;
  throw new Error(`No API error: ${String(error)}`);
}

/** The last event of a stream. */
function lastIn(text: string): unknown {
  const [, data = ''] = text.trimEnd().split('\n\n').at(-1)?.split('\n') ?? [];
  return JSON.parse(data.slice('data: '.length)) as unknown;
}

const GONE = '404 generation_not_found';

describeOnEveryStore('Responses that are stored, by the official client', (makeStorage) => {
  let ollama: FakeOllama;
  let storage: TestStorage;
  let service: RunningService;
  let client: OpenAI;

  async function start(retentionMs?: number): Promise<void> {
    service = await startService(ollama, {
      api: { keys: [apiKey('ada', ADA), apiKey('bob', BOB)] },
      history: { storage: storage.target },
      ...(retentionMs !== undefined && { generation: { retentionMs } }),
    });
    client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: ADA, maxRetries: 0 });
  }
  beforeEach(async () => {
    ollama = await FakeOllama.start(MODEL);
    storage = await makeStorage();
    await start();
  });
  afterEach(async () => {
    await service.close();
    await storage.dispose();
    await ollama.close();
  });

  const ask = (input: Input, body: Partial<Create> = {}) =>
    client.responses.create({ model: 'llama2', input, ...body });
  const textsOf = async ({ conversation }: Response) => {
    const { body, status } = await getJson(
      `${service.url}/api/history/${native(conversation?.id)}`,
      AS_ADA,
    );
    const { messages = [] } = body as { messages?: { role: string; content: string }[] };
    return status === 404 ? null : messages.map(({ role, content }) => `${role}: ${content}`);
  };
  const bytesOf = async (id: string, query = '') => {
    const url = `${service.url}/v1/responses/${id}?stream=true${query}`;
    const response = await fetch(url, { headers: AS_ADA });
    return { status: response.status, text: await response.text() };
  };
  /** Three turns, each behind the one before. */
  async function threeTurns(): Promise<[Response, Response, Response]> {
    ollama.next(answer('One')).next(answer('Two')).next(answer('Three'));
    const first = await ask('First');
    const second = await ask('Second', { previous_response_id: first.id });
    return [first, second, await ask('Third', { previous_response_id: second.id })];
  }

  it('are deleted with their turn, and what followed stays', async () => {
    const [first, second, third] = await threeTurns();
    await client.responses.delete(second.id);
    expect(await failure(client.responses.retrieve(second.id))).toBe(GONE);
    expect(await failure(client.responses.delete(second.id))).toBe(GONE);
    expect(await textsOf(first)).toEqual([
      ...['user: First', 'assistant: One', 'user: Third', 'assistant: Three'],
    ]);
    expect(await failure(ask('More', { previous_response_id: second.id }))).toBe(
      '400 previous_response_not_found',
    );
    await client.responses.delete(third.id);
    expect(await textsOf(first)).toEqual(['user: First', 'assistant: One']);
    ollama.next(answer('Four'));
    const fourth = await ask('Fourth', { previous_response_id: first.id });
    expect(fourth.conversation).toEqual(first.conversation);
  });

  it('take a conversation along that they leave empty, unless it was made on purpose', async () => {
    ollama.always(answer('Yes'));
    const alone = await ask([
      { role: 'system', content: 'Be brief' },
      { role: 'user', content: 'First' },
    ]);
    await client.responses.delete(alone.id);
    expect(await textsOf(alone)).toBeNull();
    const made = await client.conversations.create({});
    const there = await ask('First', { conversation: made.id });
    await client.responses.delete(there.id);
    expect(await textsOf(there)).toEqual([]);
  });

  it('leave a question that has another answer', async () => {
    ollama.next(answer('One')).next(answer('Other'));
    const first = await ask('First');
    const again = { conversation_id: native(first.conversation?.id), regenerate: true };
    await postJson(`${service.url}/api/chat`, again, AS_ADA);
    await client.responses.delete(first.id);
    expect(await textsOf(first)).toEqual(['user: First', 'assistant: Other']);
  });

  it('are stopped where they are deleted', async () => {
    ollama.next(script().token('a').hang());
    const running = await ask('First', { background: true });
    const chat = await ollama.chat(0);
    await client.responses.delete(running.id);
    expect(await chat.closed).toBe('client_left');
    expect(await failure(client.responses.retrieve(running.id))).toBe(GONE);
    expect(await textsOf(running)).toBeNull();
  });

  it('go with their conversation, and are their owner’s alone', async () => {
    const [first, , third] = await threeTurns();
    const bob = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: BOB, maxRetries: 0 });
    for (const call of [
      () => bob.responses.retrieve(first.id),
      () => bob.responses.delete(first.id),
      () => bob.responses.cancel(first.id),
      () => bob.responses.inputItems.list(first.id),
    ])
      expect(await failure(call())).toBe(GONE);
    await client.conversations.delete(first.conversation?.id ?? '');
    for (const { id } of [first, third])
      expect(await failure(client.responses.retrieve(id))).toBe(GONE);
  });

  it('leave no copy of a conversation behind that failed before their first word', async () => {
    const [first, , third] = await threeTurns();
    const total = async () => {
      const { body } = await getJson(`${service.url}/api/history`, AS_ADA);
      return (body as { total: number }).total;
    };
    const next = { previous_response_id: first.id };
    ollama.always(script().error(500));
    const options = { headers: { 'Idempotency-Key': 'k' } };
    const post = () =>
      client.responses.create({ model: 'llama2', input: 'Other', ...next }, options);
    expect(await failure(post())).toBe('503 model_unavailable');
    expect(await total()).toBe(1);
    // What is known of it is known for a day, as of any other that failed so.
    const begun = await ask('Other', { ...next, background: true });
    await bytesOf(begun.id);
    expect(await client.responses.retrieve(begun.id)).toMatchObject({
      ...{ id: begun.id, status: 'failed', error: { reason: 'model_unavailable' } },
    });
    expect(await failure(client.conversations.retrieve(begun.conversation?.id ?? ''))).toBe(
      '404 conversation_not_found',
    );
    expect(await total()).toBe(1);
    ollama.always(answer('Yes'));
    const other = await post();
    expect(await textsOf(other)).toEqual([
      ...['user: First', 'assistant: One', 'user: Other', 'assistant: Yes'],
    ]);
    expect(await textsOf(third)).toHaveLength(6);
    expect(await total()).toBe(2);
  });

  it('say what they were given, staged or stored', async () => {
    const gate = new Gate();
    ollama.next(answer('One')).next(script().wait(gate).token('Two').done());
    const first = await ask('First');
    const given: Input = [
      {
        role: 'user',
        content: [{ type: 'input_image', image_url: dataUrlOf('png'), detail: 'auto' }],
      },
      { role: 'assistant', content: 'A cat' },
      { role: 'user', content: 'Sure?' },
    ];
    const body = { previous_response_id: first.id, background: true };
    const second = await ask(given, body);
    const listed = async (query: OpenAI.Responses.InputItemListParams = {}) => {
      const items: unknown[] = [];
      for await (const item of client.responses.inputItems.list(second.id, query)) items.push(item);
      return items;
    };
    await ollama.chat(1);
    const staged = await listed({ order: 'asc' });
    expect(staged).toMatchObject([
      { role: 'user', content: [{ type: 'input_image', image_url: expect.any(String) }] },
      { role: 'assistant', content: [{ type: 'output_text', text: 'A cat' }] },
      { role: 'user', content: [{ type: 'input_text', text: 'Sure?' }] },
    ]);
    gate.open();
    await bytesOf(second.id);
    expect(await listed({ order: 'asc', limit: 1 })).toEqual(staged);
    expect(await listed()).toEqual(staged.toReversed());
  });

  it('were given what was told for them alone, and no conversation has it', async () => {
    ollama.always(answer('Yes'));
    const says = (role: 'system' | 'developer' | 'user', content: string) => ({ role, content });
    const first = await ask([
      ...[says('system', 'Be brief'), says('user', 'One'), says('developer', 'Be kind')],
      says('user', 'Two'),
    ]);
    const next = { previous_response_id: first.id, instructions: 'Be loud' };
    const turn = [
      says('developer', 'Now'),
      says('user', 'Three'),
      says('system', ''),
      says('system', 'End'),
    ];
    const second = await ask(turn, next);
    const listed = async (id: string, query: OpenAI.Responses.InputItemListParams = {}) => {
      const items: { id?: string; role?: string; content?: unknown }[] = [];
      for await (const item of client.responses.inputItems.list(id, query)) items.push(item);
      return items;
    };
    const told = (items: { role?: string; content?: unknown }[]) =>
      items.map(({ role = '', content }) => {
        const [part] = content as { text: string }[];
        return `${role}: ${part?.text ?? ''}`;
      });
    for (const query of [{ order: 'asc' }, { order: 'asc', limit: 1 }] as const) {
      expect(told(await listed(first.id, query))).toEqual([
        ...['system: Be brief', 'user: One', 'system: Be kind', 'user: Two'],
      ]);
      expect(told(await listed(second.id, query))).toEqual([
        ...['system: Now', 'user: Three', 'system: End'],
      ]);
    }
    const items = await listed(second.id);
    expect(new Set(items.map(({ id }) => id)).size).toBe(3);
    const inConversation = { conversation_id: second.conversation?.id ?? '' };
    expect(
      await failure(client.conversations.items.retrieve(items[0]?.id ?? '', inConversation)),
    ).toBe('404 message_not_found');
    expect(await textsOf(second)).toEqual([
      ...['system: Be brief', 'user: One', 'user: Two', 'assistant: Yes'],
      ...['user: Three', 'assistant: Yes'],
    ]);
  });

  it('were not given what was added right before, however coarse the clock is', async () => {
    const now = Date.now.bind(Date);
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => Math.floor(now() / 50) * 50);
    try {
      ollama.next(answer('One'));
      const { id } = await client.conversations.create({});
      const items = [{ type: 'message', role: 'user', content: 'Added' }] as const;
      await client.conversations.items.create(id, { items: [...items] });
      const first = await ask('First', { conversation: id });
      await client.responses.delete(first.id);
      expect(await textsOf(first)).toEqual(['user: Added']);
    } finally {
      clock.mockRestore();
    }
  });

  it('are replayed by their key for a day, and read after it', async () => {
    ollama.next(answer('One')).next(answer('Two'));
    const options = { headers: { 'Idempotency-Key': 'k' } };
    const post = () => client.responses.create({ model: 'llama2', input: 'Hello' }, options);
    const first = await post();
    expect((await post()).id).toBe(first.id);
    const now = Date.now.bind(Date);
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() + 25 * 60 * 60_000);
    try {
      const next = await post();
      expect(next.output_text).toBe('Two');
      expect((await post()).id).toBe(next.id);
      expect(await client.responses.retrieve(first.id)).toMatchObject({ output_text: 'One' });
    } finally {
      clock.mockRestore();
    }
  });

  it('are read when their events are gone: one delta a part', async () => {
    await service.close();
    await start(0);
    ollama.next(script().thinking('Hm').thinking('m').tokens('Yes', ' I do').done());
    const events = await client.responses.create({
      ...{ model: 'llama2', input: 'Do you?', stream: true },
    });
    let kept: Response | undefined;
    for await (const event of events)
      if (event.type === 'response.completed') kept = event.response;
    const { id = '', output, usage } = kept ?? {};
    expect(await client.responses.retrieve(id)).toMatchObject({
      ...{ status: 'completed', output_text: 'Yes I do', output, usage },
    });
    const { text } = await bytesOf(id);
    expect(text.match(/^event: .*delta$/gm)).toEqual([
      'event: response.reasoning_summary_text.delta',
      'event: response.output_text.delta',
    ]);
    expect(lastIn(text)).toMatchObject({ response: JSON.parse(JSON.stringify(kept)) as object });
    expect(await bytesOf(id, '&starting_after=2')).toMatchObject({ status: 404 });
  });
});
