import { randomUUID } from 'node:crypto';
import type { ClientMessage } from '../../../src/chat/chat-command.js';
import { written, type Piece } from '../../../src/domain/parts.js';
import type { BranchMessage } from '../../../src/domain/conversation.js';
import type { HistoryService } from '../../../src/history/history.service.js';
import { OwnImages } from '../../../src/wires/own-images.js';
import { itemPage } from '../../../src/wires/openai-responses/items/item-page.js';
import { itemId } from '../../../src/wires/openai-responses/items/item-ids.js';
import type { Item } from '../../../src/wires/openai-responses/items/item-types.js';
import {
  messageItems,
  type ShownMessage,
} from '../../../src/wires/openai-responses/items/message-items.js';
import { InputReader } from '../../../src/wires/openai-responses/items/read-input.js';
import { dataUrlOf } from '../../support/pictures.js';

const CONVERSATION = randomUUID();
const PLACE = { conversationId: CONVERSATION, prefix: '' };
const NOTHING = { clientId: null, parts: null, images: null, toolAnswer: null } as const;

/** A history with some messages, of which nothing else is asked. */
function reader(stored: readonly Partial<BranchMessage>[] = []): InputReader {
  const history = {
    message: (_owner: string, conversation: string, id: string) =>
      Promise.resolve(
        conversation === CONVERSATION ? (stored.find((one) => one.id === id) ?? null) : null,
      ),
  } as unknown as HistoryService;
  return new InputReader(history, new OwnImages(history));
}

const read = (input: unknown, stored?: readonly Partial<BranchMessage>[]) =>
  reader(stored).read(input, { ownerId: 'o', conversationId: null, field: 'input' });

function answer(...pieces: Piece[]): ClientMessage {
  const { response: content, parts } = written(pieces);
  return { ...NOTHING, role: 'assistant', content, parts };
}

const user = (content: string): ClientMessage => ({ ...NOTHING, role: 'user', content });
const result = (callId: string, content: string): ClientMessage => ({
  ...{ ...NOTHING, role: 'tool', content, toolAnswer: { callId, isError: false } },
});
const call = (id: string, city: string): Piece => ({
  toolCall: { id, name: 'get_weather', arguments: { city } },
});

function itemsOf(messages: readonly ClientMessage[]): { items: Item[]; stored: ShownMessage[] } {
  const stored = messages.map((message) => ({ ...message, id: randomUUID() }));
  return { items: stored.flatMap((message) => messageItems(message, PLACE)), stored };
}

const TURNS = [
  user('What is the weather?'),
  answer({ thinking: 'Two cities' }, 'I look.', call('c1', 'Oslo'), call('c2', 'Rome')),
  result('c1', 'snow'),
  result('c2', '{"sky":"clear"}'),
  answer({ thinking: 'So' }, 'Snow and sun.'),
  answer('And more.'),
  user(''),
];

describe('messages as items', () => {
  it('are the same messages when a client sends the items back', async () => {
    const { items } = itemsOf(TURNS);
    const { messages, system, laterSystem } = await read(items);
    expect(messages).toEqual(TURNS);
    expect([system, laterSystem]).toEqual([[], []]);
  });

  it('are the same messages when a client refers to the items', async () => {
    const { items, stored } = itemsOf(TURNS);
    const references = items.map(({ id }) => ({ type: 'item_reference', id }));
    expect((await read(references, stored)).messages).toEqual(TURNS);
    // Without a type, as OpenAI allows.
    expect((await read([{ id: items[0]?.id }], stored)).messages).toEqual(TURNS.slice(0, 1));
  });

  it('are one a part of an answer', () => {
    const { items, stored } = itemsOf(TURNS.slice(1, 3));
    const at = { messageId: stored[0]?.id ?? '', conversationId: CONVERSATION };
    expect(items).toEqual([
      {
        id: itemId('rs', at, 0),
        type: 'reasoning',
        summary: [{ type: 'summary_text', text: 'Two cities' }],
        status: 'completed',
      },
      {
        id: itemId('msg', at, 1),
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'I look.', annotations: [], logprobs: [] }],
      },
      {
        id: itemId('fc', at, 2),
        type: 'function_call',
        call_id: 'c1',
        name: 'get_weather',
        arguments: '{"city":"Oslo"}',
        status: 'completed',
      },
      {
        id: itemId('fc', at, 3),
        type: 'function_call',
        call_id: 'c2',
        name: 'get_weather',
        arguments: '{"city":"Rome"}',
        status: 'completed',
      },
      {
        id: itemId('fco', { ...at, messageId: stored[1]?.id ?? '' }, 0),
        type: 'function_call_output',
        call_id: 'c1',
        output: 'snow',
        status: 'completed',
      },
    ]);
  });

  it.each([
    [{ status: 'complete', finishReason: 'stop' }, 'completed'],
    [{ status: 'complete', finishReason: 'length' }, 'incomplete'],
    [{ status: 'cancelled', finishReason: 'cancelled' }, 'incomplete'],
    [{ status: 'failed', finishReason: null }, 'incomplete'],
    [{ status: 'streaming', finishReason: null }, 'in_progress'],
  ] as const)('say of an answer that is %j that its last item is %s', (state, status) => {
    const message = { ...answer({ thinking: 'Hm' }, 'Yes'), ...state, id: randomUUID() };
    const items = messageItems(message, PLACE);
    expect(items.map((item) => item.status)).toEqual(['completed', status]);
  });

  it('are none of an empty answer', () => {
    expect(itemsOf([answer()]).items).toEqual([]);
  });

  it('keep arguments that are no JSON object, as the model gave them', async () => {
    const broken = answer({
      toolCall: { id: 'c', name: 'f', arguments: null, argumentsText: '{"a":' },
    });
    const { items } = itemsOf([broken]);
    expect(items).toMatchObject([{ arguments: '{"a":' }]);
    expect((await read(items)).messages).toEqual([broken]);
  });
});

describe('input', () => {
  it('is a text of the user, or nothing', async () => {
    expect((await read('Hello')).messages).toEqual([user('Hello')]);
    expect((await read(undefined)).messages).toEqual([]);
  });

  it('has what is told to the model before all else, and later, apart', async () => {
    const { system, laterSystem, messages } = await read([
      { role: 'system', content: 'Be brief' },
      { role: 'developer', content: [{ type: 'input_text', text: 'Be kind' }] },
      { role: 'user', content: 'Hello' },
      { type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: 'No' }] },
      { role: 'system', content: 'Be loud' },
      { role: 'user', content: 'Please' },
    ]);
    expect(system).toEqual(['Be brief', 'Be kind']);
    expect(laterSystem).toEqual([{ text: 'Be loud', at: 2, field: 'input[4]' }]);
    expect(messages).toEqual([user('Hello'), answer('No'), user('Please')]);
  });

  it('has the pictures of its messages', async () => {
    const image_url = dataUrlOf('png');
    const { messages, images } = await read([
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'What?' },
          { type: 'input_image', image_url },
        ],
      },
    ]);
    const [id] = [...images.keys()];
    expect(messages).toMatchObject([{ role: 'user', content: 'What?', images: [{ id }] }]);
  });

  it.each([
    [[{ role: 'user', content: [{ type: 'input_file', file_id: 'f' }] }], 'input[0].content[0]'],
    [
      [{ role: 'user', content: [{ type: 'input_image', file_id: 'f' }] }],
      'input[0].content[0].file_id',
    ],
    [
      [{ role: 'user', content: [{ type: 'input_image', image_url: 'https://x/y.png' }] }],
      'input[0].content[0].image_url',
    ],
    [[{ role: 'user', content: [{ type: 'input_audio' }] }], 'input[0].content[0].type'],
    [[{ role: 'tool', content: 'x' }], 'input[0].role'],
    [[{ role: 'user' }], 'input[0].content'],
    [[{ type: 'web_search_call' }], 'input[0].type'],
    [[{ type: 'function_call', name: 'f', arguments: '{}' }], 'input[0].call_id'],
    [[{ type: 'function_call', call_id: 'c', arguments: '{}' }], 'input[0].name'],
    [[{ type: 'function_call_output', call_id: 'c' }], 'input[0].output'],
    [
      [
        {
          type: 'function_call_output',
          call_id: 'c',
          output: [{ type: 'input_image', image_url: 'data:' }],
        },
      ],
      'input[0].output[0].image_url',
    ],
    [
      [{ role: 'assistant', content: [{ type: 'input_image', image_url: 'data:' }] }],
      'input[0].content[0].image_url',
    ],
    [[{}], 'input[0].type'],
    [[7], 'input[0]'],
    [7, 'input'],
  ])('is refused by the name of what is wrong (%j)', async (input, field) => {
    await expect(read(input)).rejects.toMatchObject({
      reason: 'validation',
      details: [{ field }],
    });
  });

  it.each([
    itemId('msg', { messageId: randomUUID(), conversationId: CONVERSATION }, 0),
    itemId('msg', { messageId: randomUUID(), conversationId: randomUUID() }, 0),
    randomUUID(),
    'msg_of_another',
  ])('cannot refer to what is not there (%s)', async (id) => {
    const { stored } = itemsOf(TURNS);
    await expect(read([{ type: 'item_reference', id }], stored)).rejects.toMatchObject({
      reason: 'message_not_found',
      details: [{ field: 'input[0].id' }],
    });
  });

  it('cannot refer to an item by the id of another kind', async () => {
    const { items, stored } = itemsOf(TURNS);
    for (const { id } of items)
      for (const kind of ['rs', 'msg', 'fc', 'fco']) {
        const other = id.replace(/^[a-z]+/, kind);
        const reading = read([{ type: 'item_reference', id: other }], stored);
        if (other === id) await expect(reading).resolves.toBeDefined();
        else
          await expect(reading).rejects.toMatchObject({
            ...{ reason: 'message_not_found', details: [{ field: 'input[0].id' }] },
          });
      }
  });

  it('cannot refer to a part that its message does not have', async () => {
    const { stored } = itemsOf(TURNS);
    const [question, first] = stored;
    for (const [message, n] of [
      [question, 1],
      [first, 4],
    ] as const) {
      const id = itemId('msg', { messageId: message?.id ?? '', conversationId: CONVERSATION }, n);
      await expect(read([{ type: 'item_reference', id }], stored)).rejects.toMatchObject({
        reason: 'message_not_found',
      });
    }
  });
});

describe('a page of items', () => {
  const { items } = itemsOf(['a', 'b', 'c', 'd', 'e'].map(user));
  const ids = items.map(({ id }) => id);
  const page = (order: 'asc' | 'desc', after: string | null = null, limit = 2) => {
    const { data, ...rest } = itemPage(items, { order, after, limit });
    return { ...rest, data: data.map(({ id }) => ids.indexOf(id)) };
  };

  it('is the newest items, or the oldest', () => {
    expect(page('desc')).toEqual({
      ...{ object: 'list', data: [4, 3], first_id: ids[4], last_id: ids[3], has_more: true },
    });
    expect(page('asc')).toMatchObject({ data: [0, 1], has_more: true });
  });

  it('goes on behind an item, to the end', () => {
    expect(page('desc', ids[3])).toMatchObject({ data: [2, 1], has_more: true });
    expect(page('desc', ids[1])).toMatchObject({ data: [0], has_more: false });
    expect(page('asc', ids[2])).toMatchObject({ data: [3, 4], has_more: false });
    expect(page('asc', ids[4])).toEqual({
      ...{ object: 'list', data: [], first_id: null, last_id: null, has_more: false },
    });
  });

  it('does not begin behind what is not in the list', () => {
    expect(() => page('desc', 'msg_x')).toThrow('after');
  });
});
