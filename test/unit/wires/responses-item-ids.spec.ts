import { randomUUID } from 'node:crypto';
import {
  conversationObjectId,
  itemId,
  parseConversationId,
  parseItemId,
  parseResponseId,
  responseId,
} from '../../../src/wires/openai-responses/items/item-ids.js';

const MESSAGE = '0192f3a4-5b6c-7d8e-9fa0-b1c2d3e4f506';
const CONVERSATION = 'a1b2c3d4-e5f6-4890-a1b2-c3d4e5f6a7b8';
const HEX = '0192f3a45b6c7d8e9fa0b1c2d3e4f506';
const IN = 'a1b2c3d4e5f64890a1b2c3d4e5f6a7b8';

describe('ids of items', () => {
  it('name the message, its conversation, and which item of it', () => {
    const place = { messageId: MESSAGE, conversationId: CONVERSATION };
    expect(itemId('msg', place, 0)).toBe(`msg_${HEX}${IN}`);
    expect(itemId('fc', place, 2)).toBe(`fc_${HEX}${IN}_2`);
    expect(itemId('rs', { ...place, conversationId: null }, 1)).toBe(`rs_${HEX}_1`);
  });

  it.each(['rs', 'msg', 'fc', 'fco'] as const)('are read again (%s)', (prefix) => {
    for (const conversationId of [CONVERSATION, null])
      for (const n of [0, 1, 17]) {
        const named = { messageId: randomUUID(), conversationId };
        expect(parseItemId(itemId(prefix, named, n))).toEqual({ ...named, prefix, n });
      }
  });

  it('may be bare UUIDs, in capitals too', () => {
    const named = { prefix: null, messageId: MESSAGE, conversationId: null, n: 0 };
    expect(parseItemId(MESSAGE)).toEqual(named);
    expect(parseItemId(MESSAGE.toUpperCase())).toEqual(named);
    expect(parseItemId(`MSG_${HEX.toUpperCase()}`)).toEqual({ ...named, prefix: 'msg' });
  });

  it.each([
    '',
    'msg_',
    `msg_${HEX}_0`,
    `msg_${HEX}x`,
    `resp_${HEX}`,
    HEX,
    `msg_${HEX}_1_2`,
    '../x',
  ])('are nothing else (%j)', (id) => expect(parseItemId(id)).toBeNull());
});

describe('ids of responses and conversations', () => {
  it('are the UUID without dashes, and read again', () => {
    expect(responseId(MESSAGE)).toBe(`resp_${HEX}`);
    expect(parseResponseId(`resp_${HEX}`)).toBe(MESSAGE);
    expect(parseResponseId(MESSAGE)).toBe(MESSAGE);
    expect(conversationObjectId(CONVERSATION)).toBe(`conv_${IN}`);
    expect(parseConversationId(`conv_${IN.toUpperCase()}`)).toBe(CONVERSATION);
    expect(parseConversationId(CONVERSATION.toUpperCase())).toBe(CONVERSATION);
  });

  it.each([`conv_${HEX}`, HEX, 'resp_x', 'x', ''])('are of their own kind (%j)', (id) => {
    expect(parseResponseId(id)).toBeNull();
  });
});
