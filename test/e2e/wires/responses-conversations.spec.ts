import { randomUUID } from 'node:crypto';
import OpenAI from 'openai';
import { ImageStore } from '../../../src/store/image-store.js';
import { answer, FakeOllama, Gate, script } from '../../support/fake-ollama.js';
import { getJson, postJson, sendJson } from '../../support/http-client.js';
import { dataUrlOf } from '../../support/pictures.js';
import { startService, type RunningService } from '../../support/service.js';
import { apiKey } from '../../support/settings.js';
import { describeOnEveryStore, type TestStorage } from '../../support/storages.js';

type Item = OpenAI.Conversations.ConversationItem;
type Input = OpenAI.Responses.ResponseInputItem;

const ADA = 'ada-key-0123456789abcdef';
const BOB = 'bob-key-0123456789abcdef';
const AS_ADA = { Authorization: `Bearer ${ADA}` };
const CALLER = 'caller';
const MODELS = [
  { name: 'llama2' },
  { name: CALLER, capabilities: ['completion', 'tools', 'thinking', 'vision'] },
];
const WEATHER = { id: 'w1', name: 'weather', arguments: { city: 'Wien' } };
const TOOLS = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }];

const says = (content: string, role: 'user' | 'assistant' | 'system' = 'user'): Input => ({
  role,
  content,
});
const bare = (id: string): string => id.slice('conv_'.length);
const nativeId = (id: string): string =>
  bare(id).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

/** What a client sees of items, without their ids. */
function told(items: readonly Item[]): string[] {
  return items.map((item) => {
    if (item.type === 'message') {
      const text = item.content.map((part) => ('text' in part ? part.text : part.type)).join('+');
      return `${item.role}: ${text}`;
    }
    if (item.type === 'reasoning')
      return `thinking: ${item.summary.map(({ text }) => text).join('')}`;
    if (item.type === 'function_call')
      return `call ${item.call_id}: ${item.name} ${item.arguments}`;
    if (item.type === 'function_call_output')
      return `result ${item.call_id}: ${JSON.stringify(item.output)}`;
    return item.type;
  });
}

/** The error with which a call of the client failed. */
async function failure(call: PromiseLike<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  const error: unknown = await Promise.resolve(call).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof OpenAI.APIError) return error;
  throw new Error(`No API error: ${String(error)}`);
}

describeOnEveryStore('OpenAI’s conversations, by the official client', (makeStorage) => {
  let ollama: FakeOllama;
  let storage: TestStorage;
  let service: RunningService;
  let client: OpenAI;
  let bob: OpenAI;

  beforeAll(async () => {
    ollama = await FakeOllama.start(...MODELS);
    storage = await makeStorage();
    service = await startService(ollama, {
      api: { keys: [apiKey('ada', ADA), apiKey('bob', BOB)] },
      history: { storage: storage.target, maxConversations: 0 },
    });
    const options = { baseURL: `${service.url}/v1`, maxRetries: 0 };
    client = new OpenAI({ ...options, apiKey: ADA });
    bob = new OpenAI({ ...options, apiKey: BOB });
  });
  afterEach(() => ollama.assertNoUnexpected());
  afterAll(async () => {
    await service.close();
    await storage.dispose();
    await ollama.close();
  });

  const native = async (id: string) =>
    (await getJson(`${service.url}/api/history/${nativeId(id)}`, AS_ADA)).body;
  const chat = (body: object) => postJson(`${service.url}/api/chat`, body, AS_ADA);
  const listed = async (id: string, query: OpenAI.Conversations.ItemListParams = {}) => {
    const items: Item[] = [];
    for await (const item of client.conversations.items.list(id, query)) items.push(item);
    return items;
  };
  const inOrder = async (id: string) => told(await listed(id, { order: 'asc' }));
  const made = async (...items: Input[]) => (await client.conversations.create({ items })).id;

  it('are made with items and metadata, and are conversations of ours', async () => {
    const before = Math.floor(Date.now() / 1000);
    const conversation = await client.conversations.create({
      items: [
        { role: 'developer', content: 'Be brief' },
        says('Be kind', 'system'),
        says('What is a quark?'),
        says('A particle.', 'assistant'),
      ],
      metadata: { topic: 'physics' },
    });
    expect(conversation).toEqual({
      id: expect.stringMatching(/^conv_[0-9a-f]{32}$/),
      object: 'conversation',
      created_at: expect.any(Number),
      metadata: { topic: 'physics' },
    });
    expect(conversation.created_at).toBeGreaterThanOrEqual(before);
    expect(await client.conversations.retrieve(conversation.id)).toEqual(conversation);
    // A native conversation's id is taken too.
    expect(await client.conversations.retrieve(nativeId(conversation.id))).toEqual(conversation);
    expect(await inOrder(conversation.id)).toEqual([
      'system: Be brief\n\nBe kind',
      'user: What is a quark?',
      'assistant: A particle.',
    ]);
    expect(await native(conversation.id)).toMatchObject({
      title: 'What is a quark?',
      system: 'Be brief\n\nBe kind',
      messages: [{ role: 'system' }, { role: 'user' }, { role: 'assistant', status: 'complete' }],
    });
  });

  it('are made of nothing, and have what is noted of them changed', async () => {
    const empty = await client.conversations.create();
    expect(empty.metadata).toEqual({});
    expect(await listed(empty.id)).toEqual([]);
    const change = (metadata: Record<string, string> | null) =>
      client.conversations.update(empty.id, { metadata });
    expect((await change({ a: '1', b: '2' })).metadata).toEqual({ a: '1', b: '2' });
    expect((await change({ 'b.$': '', ['é'.repeat(64)]: '字'.repeat(512) })).metadata).toEqual({
      'b.$': '',
      ['é'.repeat(64)]: '字'.repeat(512),
    });
    expect((await client.conversations.retrieve(empty.id)).metadata).toHaveProperty(['b.$'], '');
    expect((await change(null)).metadata).toEqual({});
    expect((await client.conversations.retrieve(empty.id)).metadata).toEqual({});
  });

  it.each([
    [{ metadata: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [n, ''])) }, 'metadata'],
    [{ metadata: { ['n'.repeat(65)]: '' } }, 'metadata'],
    [{ metadata: { a: 'v'.repeat(513) } }, 'metadata.a'],
    [{ metadata: { a: 1 } }, 'metadata.a'],
    [{ metadata: [] }, 'metadata'],
    [{ items: Array.from({ length: 21 }, () => says('Hello')) }, 'items'],
    [{ items: [says('Hello'), says('Late', 'system')] }, 'items[1].role'],
    [{ items: [{ type: 'image_generation_call' }] }, 'items[0].type'],
  ])('are refused with the name of what is wrong (%#)', async (body, param) => {
    const error = await failure(client.conversations.create(body as object));
    expect(error).toMatchObject({ status: 400, param, type: 'invalid_request_error' });
  });

  it('are listed page by page, both ways, and gone through by the client', async () => {
    const id = await made(...Array.from({ length: 20 }, (_, n) => says(`Question ${n}`)));
    for (let from = 20; from < 60; from += 20) {
      const items = Array.from({ length: 20 }, (_, n) => says(`Question ${from + n}`));
      await client.conversations.items.create(id, { items });
    }
    const all = Array.from({ length: 60 }, (_, n) => `user: Question ${n}`);
    const page = await client.conversations.items.list(id);
    expect(told(page.data)).toEqual(all.toReversed().slice(0, 20));
    expect(page).toMatchObject({ has_more: true, last_id: page.data.at(-1)?.id });
    for (const limit of [7, 20, 59, 60, 100]) {
      expect(told(await listed(id, { limit }))).toEqual(all.toReversed());
      expect(told(await listed(id, { limit, order: 'asc' }))).toEqual(all);
    }
    const fifth = (await listed(id, { order: 'asc' }))[4]?.id ?? '';
    expect(told(await listed(id, { after: fifth }))).toEqual(all.slice(0, 4).toReversed());
    const end = await client.conversations.items.list(id, {
      order: 'asc',
      after: fifth,
      limit: 55,
    });
    expect(end).toMatchObject({ has_more: false, data: { length: 55 } });
  });

  it.each(['limit=0', 'limit=101', 'limit=x', 'limit=1&limit=2', 'order=up', 'after=msg_x'])(
    'are not listed by %s',
    async (query) => {
      const id = await made(says('Hello'));
      const [param] = query.split('=');
      const url = `${service.url}/v1/conversations/${id}/items?${query}`;
      expect(await getJson(url, AS_ADA)).toMatchObject({ status: 400, body: { error: { param } } });
    },
  );

  it('show all that an answer has, in pages that may end within it', async () => {
    ollama.next(script().thinking('Hm').token('I look.').calls(WEATHER).done());
    const turn = { message: 'The weather?', model: CALLER, tools: TOOLS, system: 'Be exact' };
    const { conversation_id: id } = (await chat(turn)).body;
    ollama.next(script().token('Sunny.').done());
    const result = { tool_call_id: 'w1', content: '{"sky":"clear"}' };
    await chat({ conversation_id: id, tool_results: [result], tools: TOOLS });
    const all = [
      'system: Be exact',
      'user: The weather?',
      'thinking: Hm',
      'assistant: I look.',
      'call w1: weather {"city":"Wien"}',
      'result w1: "{\\"sky\\":\\"clear\\"}"',
      'assistant: Sunny.',
    ];
    for (const limit of [1, 2, 3, 6]) {
      expect(told(await listed(id, { limit, order: 'asc' }))).toEqual(all);
      expect(told(await listed(id, { limit }))).toEqual(all.toReversed());
    }
    // Sent to another conversation, they are what the model saw.
    const items = (await listed(id, { order: 'asc' })) as Input[];
    const copy = await made(...items);
    expect(await inOrder(copy)).toEqual(all);
    ollama.next(answer('So it is'));
    await chat({ conversation_id: nativeId(copy), message: 'Sure?', model: CALLER });
    const { messages } = ollama.chats.at(-1)?.body ?? {};
    expect(messages).toMatchObject([
      { role: 'system', content: 'Be exact' },
      { role: 'user', content: 'The weather?' },
      { role: 'assistant', content: 'I look.', tool_calls: [{ function: { name: 'weather' } }] },
      { role: 'tool', content: '{"sky":"clear"}' },
      { role: 'assistant', content: 'Sunny.' },
      { role: 'user', content: 'Sure?' },
    ]);
  });

  it('are known by ids of their own kind and conversation alone', async () => {
    ollama.next(script().thinking('Hm').token('I look.').calls(WEATHER).done());
    const turn = { message: 'The weather?', model: CALLER, tools: TOOLS, system: 'Be exact' };
    const { conversation_id: id } = (await chat(turn)).body;
    const result = { tool_call_id: 'w1', content: 'clear' };
    ollama.next(answer('Sunny.'));
    await chat({ conversation_id: id, tool_results: [result], tools: TOOLS });
    const items = await listed(id, { order: 'asc' });
    const prefixes = items.map(({ id: own = '' }) => own.split('_')[0]);
    expect(prefixes).toEqual(['msg', 'msg', 'rs', 'msg', 'fc', 'fco', 'msg']);
    const elsewhere = randomUUID().replaceAll('-', '');
    for (const { id: own = '' } of items) {
      const others = ['rs', 'msg', 'fc', 'fco'].map((kind) => own.replace(/^[a-z]+/, kind));
      const wrong = others.filter((other) => other !== own);
      wrong.push(own.replace(/[0-9a-f]{32}(?=_|$)/, elsewhere));
      for (const other of wrong) {
        const named = { conversation_id: id };
        for (const call of [
          () => client.conversations.items.retrieve(other, named),
          () => client.conversations.items.delete(other, named),
          () => client.conversations.create({ items: [{ type: 'item_reference', id: other }] }),
        ])
          expect(await failure(call())).toMatchObject({ status: 404, code: 'message_not_found' });
        for (const order of ['asc', 'desc'] as const)
          expect(await failure(listed(id, { after: other, order }))).toMatchObject({
            ...{ status: 400, param: 'after' },
          });
      }
      expect(await client.conversations.items.retrieve(own, { conversation_id: id })).toEqual(
        items.find((item) => item.id === own),
      );
    }
  });

  it('are of the active branch alone', async () => {
    ollama.next(answer('One'));
    const { conversation_id: id, message_id: first } = (await chat({ message: 'Hello' })).body;
    const other = (await listed(id)).find(({ id: item }) =>
      item?.includes(first.replaceAll('-', '')),
    );
    ollama.next(answer('Two'));
    await chat({ conversation_id: id, regenerate: true });
    expect(await inOrder(id)).toEqual(['user: Hello', 'assistant: Two']);
    // An item of another branch is still there, and a walk that began on it goes on.
    const item = await client.conversations.items.retrieve(other?.id ?? '', {
      conversation_id: id,
    });
    expect(told([item])).toEqual(['assistant: One']);
    expect(told(await listed(id, { after: item.id ?? '' }))).toEqual(['user: Hello']);
  });

  it('get items at their end, also of what is stored elsewhere', async () => {
    const source = await made(says('From afar'), says('An answer', 'assistant'));
    const [stored] = await listed(source);
    const id = await made();
    const list = await client.conversations.items.create(id, {
      items: [
        says('Hello'),
        { type: 'reasoning', id: 'rs_x', summary: [{ type: 'summary_text', text: 'Hm' }] },
        says('Good day', 'assistant'),
        { type: 'item_reference', id: stored?.id ?? '' },
      ],
    });
    const all = ['user: Hello', 'thinking: Hm', 'assistant: Good day', 'assistant: An answer'];
    expect(told(list.data)).toEqual(all);
    expect(list).toMatchObject({ object: 'list', has_more: false, first_id: list.data[0]?.id });
    expect(await inOrder(id)).toEqual(all);
    expect(await native(id)).toMatchObject({ title: 'Hello', message_count: 3 });
    for (const item of list.data)
      expect(
        await client.conversations.items.retrieve(item.id ?? '', { conversation_id: id }),
      ).toEqual(item);
    const named = await failure(
      bob.conversations.create({ items: [{ type: 'item_reference', id: stored?.id ?? '' }] }),
    );
    expect(named).toMatchObject({ status: 404, code: 'message_not_found', param: 'items[0].id' });
  });

  it('have one system prompt, given when they are made', async () => {
    const id = await made(says('Hello'));
    const call = client.conversations.items.create(id, { items: [says('Be brief', 'system')] });
    expect(await failure(call)).toMatchObject({ status: 400, param: 'items[0].role' });
    const none = client.conversations.items.create(id, { items: [] });
    expect(await failure(none)).toMatchObject({ status: 400, param: 'items' });
    expect(await inOrder(id)).toEqual(['user: Hello']);
  });

  it('keep pictures, which are read where the item says', async () => {
    const image_url = dataUrlOf('png');
    const content: OpenAI.Responses.ResponseInputContent[] = [
      { type: 'input_text', text: 'What is it?' },
      { type: 'input_image', image_url, detail: 'auto' },
    ];
    const id = await made({ role: 'user', content });
    const [item] = await listed(id);
    expect(item).toMatchObject({
      content: [
        { type: 'input_text', text: 'What is it?' },
        { type: 'input_image', detail: 'auto' },
      ],
    });
    const url = JSON.stringify(item).match(/\/api\/history\/[^"]+/)?.[0] ?? '';
    const picture = await fetch(service.url + url, { headers: AS_ADA });
    const bytes = Buffer.from(await picture.arrayBuffer()).toString('base64');
    expect(`data:image/png;base64,${bytes}`).toBe(image_url);
    // The item as it is, sent back: the same picture.
    const copy = await made(item as Input);
    expect(await native(copy)).toMatchObject({
      messages: [{ images: [{ media_type: 'image/png' }] }],
    });
    await client.conversations.items.delete(item?.id ?? '', { conversation_id: id });
    expect((await fetch(service.url + url, { headers: AS_ADA })).status).toBe(404);
  });

  it('lose the message of an item, and what follows stays', async () => {
    ollama.next(script().thinking('Hm').token('Yes').done());
    const turn = { message: 'Really?', model: CALLER, system: 'Be brief' };
    const { conversation_id: id } = (await chat(turn)).body;
    await client.conversations.items.create(id, { items: [says('And now?')] });
    const [prompt, , thought, said] = await listed(id, { order: 'asc' });
    const remove = (item?: Item) =>
      client.conversations.items.delete(item?.id ?? '', { conversation_id: id });
    expect(await remove(said)).toEqual(await client.conversations.retrieve(id));
    expect(await inOrder(id)).toEqual(['system: Be brief', 'user: Really?', 'user: And now?']);
    // It was one message with its thinking.
    expect(await failure(remove(thought))).toMatchObject({
      status: 404,
      code: 'message_not_found',
    });
    await remove(prompt);
    expect(await inOrder(id)).toEqual(['user: Really?', 'user: And now?']);
    expect((await getJson(`${service.url}/api/history/${id}`, AS_ADA)).body.system).toBeNull();
  });

  it('are not changed while they are answered, and stop the answer when they are deleted', async () => {
    const gate = new Gate();
    const id = await made(says('Hello'));
    ollama.next(script().tokens('A').wait(gate).tokens('B').done());
    const running = ollama.chats.length;
    const answering = chat({ conversation_id: nativeId(id), message: 'Go on' });
    const request = await ollama.chat(running);
    const [item] = await listed(id, { order: 'asc' });
    const { items } = client.conversations;
    for (const call of [
      () => items.create(id, { items: [says('Me too')] }),
      () => items.delete(item?.id ?? '', { conversation_id: id }),
    ])
      expect(await failure(call())).toMatchObject({ status: 409, code: 'conversation_busy' });
    // What is noted of it may change.
    const metadata = { a: 'b' };
    expect(await client.conversations.update(id, { metadata })).toMatchObject({ metadata });
    expect(await client.conversations.delete(id)).toEqual({
      id,
      object: 'conversation.deleted',
      deleted: true,
    });
    expect(await request.closed).toBe('client_left');
    gate.open();
    expect((await answering).status).toBe(409);
    for (const call of [
      () => client.conversations.retrieve(id),
      () => client.conversations.update(id, { metadata }),
      () => client.conversations.delete(id),
      () => items.list(id),
      () => items.create(id, { items: [says('Hello')] }),
      () => items.retrieve(item?.id ?? '', { conversation_id: id }),
      () => items.delete(item?.id ?? '', { conversation_id: id }),
    ])
      expect(await failure(call())).toMatchObject({ status: 404, code: 'conversation_not_found' });
  });

  it('are their owner’s alone', async () => {
    const id = await made(says('Mine'));
    const [item] = await listed(id);
    const { conversations } = bob;
    for (const call of [
      () => conversations.retrieve(id),
      () => conversations.update(id, { metadata: {} }),
      () => conversations.delete(id),
      () => conversations.items.list(id),
      () => conversations.items.create(id, { items: [says('Hello')] }),
      () => conversations.items.retrieve(item?.id ?? '', { conversation_id: id }),
      () => conversations.items.delete(item?.id ?? '', { conversation_id: id }),
    ])
      expect(await failure(call())).toMatchObject({ status: 404, code: 'conversation_not_found' });
    expect(await inOrder(id)).toEqual(['user: Mine']);
    // An item is found in its own conversation only.
    const other = await made(says('Other'));
    const elsewhere = client.conversations.items.retrieve(item?.id ?? '', {
      conversation_id: other,
    });
    expect(await failure(elsewhere)).toMatchObject({ status: 404, code: 'message_not_found' });
  });

  it.each(['conv_x', 'x', randomUUID(), `conv_${'0'.repeat(32)}`, `resp_${'0'.repeat(32)}`])(
    'are unknown by %s',
    async (id) => {
      const url = `${service.url}/v1/conversations/${id}`;
      const unknown = { status: 404, body: { error: { reason: 'conversation_not_found' } } };
      expect(await getJson(url, AS_ADA)).toMatchObject(unknown);
      expect(await sendJson('DELETE', url, undefined, AS_ADA)).toMatchObject(unknown);
    },
  );
});

describe('OpenAI’s conversations', () => {
  let ollama: FakeOllama;
  let service: RunningService;
  let client: OpenAI;

  const start = async (history: Parameters<typeof startService>[1]): Promise<void> => {
    ollama = await FakeOllama.start(...MODELS);
    service = await startService(ollama, history);
    client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'none', maxRetries: 0 });
  };
  afterEach(async () => {
    await service.close();
    await ollama.close();
  });

  const titles = async () => {
    const { conversations } = (await getJson(`${service.url}/api/history`)).body;
    return conversations.map(({ title }: { title: string }) => title);
  };

  it('push out the oldest, where there are as many as there may be', async () => {
    await start({ history: { maxConversations: 2 } });
    for (const content of ['One', 'Two', 'Three'])
      await client.conversations.create({ items: [says(content)] });
    expect(await titles()).toEqual(['Three', 'Two']);
  });

  it('are written in the audit', async () => {
    await start({});
    const { id } = await client.conversations.create({ items: [says('A secret')] });
    await client.conversations.delete(id);
    const acts = service.log.of('Audit').map(({ fields: { action, target } }) => [action, target]);
    const target = { text: nativeId(id) };
    expect(acts).toMatchObject([
      ['conversation.create', target],
      ['conversation.delete', target],
    ]);
  });

  it('are not made where their pictures find no room', async () => {
    await start({ history: { maxImageBytes: 10 } });
    const image_url = dataUrlOf('png');
    const item: Input = {
      role: 'user',
      content: [{ type: 'input_image', image_url, detail: 'auto' }],
    };
    const error = await failure(client.conversations.create({ items: [item] }));
    expect(error).toMatchObject({ status: 413, code: 'images_full' });
    expect(await titles()).toEqual([]);
  });

  it('keep no picture of items that are refused', async () => {
    await start({});
    const { id } = await client.conversations.create();
    const gate = new Gate();
    ollama.next(script().wait(gate).token('A').done());
    const message = { conversation_id: nativeId(id), message: 'Hello' };
    const answering = postJson(`${service.url}/api/chat`, message);
    await ollama.chat(0);
    const content: Input = {
      role: 'user',
      content: [{ type: 'input_image', image_url: dataUrlOf('png'), detail: 'auto' }],
    };
    const adding = client.conversations.items.create(id, { items: [content] });
    expect(await failure(adding)).toMatchObject({ status: 409, code: 'conversation_busy' });
    expect(await service.app.get(ImageStore).usedBytes('default')).toBe(0);
    gate.open();
    await answering;
  });

  it('take no more messages than a conversation may have', async () => {
    await start({ history: { maxMessages: 3 } });
    const { id } = await client.conversations.create({ items: [says('One'), says('Two')] });
    const more = client.conversations.items.create(id, { items: [says('Three'), says('Four')] });
    const error = await failure(more);
    expect(error).toMatchObject({ status: 409, code: 'conversation_full' });
    expect(error.headers?.get('x-should-retry')).toBe('false');
    await client.conversations.items.create(id, { items: [says('Three')] });
    expect((await client.conversations.items.list(id)).data).toHaveLength(3);
  });
});
