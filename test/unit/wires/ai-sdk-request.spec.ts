import { answerMessages, userMessage } from '../../../src/wires/ai-sdk/ui-history.js';
import {
  callsIn,
  uiRequestOf,
  type UiMessage,
  type UiPart,
} from '../../../src/wires/ai-sdk/ui-request.js';

const TEXT = { type: 'text', text: 'Hello' };
const MESSAGE = { id: 'm', role: 'user', parts: [TEXT] };
const read = (body: object) => uiRequestOf({ id: 'chat', messages: [MESSAGE], ...body });
const fieldOf = async (body: object): Promise<string | undefined> => {
  const error: unknown = await read(body).catch((thrown: unknown) => thrown);
  return (error as { details?: { field: string }[] }).details?.[0]?.field;
};
const messageOf = (parts: UiPart[], role: UiMessage['role'] = 'assistant'): UiMessage => ({
  ...{ id: 'm', role, parts, field: 'messages[0]' },
});
const call = (more: object = {}) => ({
  ...{ type: 'tool-look', toolCallId: '1', input: { at: 'Wien' } },
  ...more,
});
const resultOf = (more: object) => callsIn(messageOf([call(more)]))[0]?.result;

describe('a request of the AI SDK', () => {
  it('has its messages, or the one it names, which counts more', async () => {
    expect((await read({})).messages).toEqual([{ ...MESSAGE, field: 'messages[0]' }]);
    const message = { ...MESSAGE, id: 'n' };
    expect((await read({ message })).messages).toEqual([{ ...message, field: 'message' }]);
  });

  it('edits where it names a message, unless it asks for a new answer', async () => {
    const messageId = 'q1';
    expect(await read({ messageId })).toMatchObject({ editedId: messageId, isRegenerate: false });
    expect(await read({ messageId, trigger: 'regenerate-message' })).toMatchObject({
      editedId: null,
      isRegenerate: true,
    });
    expect(await read({})).toMatchObject({ editedId: null, isRegenerate: false });
  });

  it.each([
    [{ id: 'x'.repeat(101) }, 'id'],
    [{ id: '' }, 'id'],
    [{ messageId: 'x'.repeat(101) }, 'messageId'],
    [{ trigger: 'resume' }, 'trigger'],
    [{ on_disconnect: 'never' }, 'on_disconnect'],
    [{ truncation: 'disabled' }, 'truncation'],
    [{ tool_choice: 'required' }, 'tool_choice'],
    [{ messages: ['Hello'] }, 'messages[0]'],
    [{ messages: [{ ...MESSAGE, id: '' }] }, 'messages[0].id'],
    [{ messages: [{ ...MESSAGE, id: 7 }] }, 'messages[0].id'],
    [{ messages: [MESSAGE, { ...MESSAGE, role: 'tool' }] }, 'messages[1].role'],
    [{ messages: [{ ...MESSAGE, parts: ['Hello'] }] }, 'messages[0].parts'],
    [{ message: { ...MESSAGE, parts: null } }, 'message.parts'],
  ])('is refused by the field that is wrong: %j', async (body, field) => {
    expect(await fieldOf(body)).toBe(field);
  });

  it('gives a message its texts, each on a line of its own, and its id as far as that is stored', () => {
    const parts = [TEXT, { type: 'step-start' }, { type: 'text', text: 'there' }, { type: 'text' }];
    expect(userMessage(messageOf(parts, 'user'), null)).toMatchObject({
      clientId: 'm',
      content: 'Hello\nthere',
    });
    const long = { ...messageOf(parts, 'user'), id: '😀'.repeat(100) };
    expect(userMessage(long, null).clientId).toBe(long.id);
    expect(() => userMessage({ ...long, id: `${long.id}x` }, null)).toThrow('messages[0].id');
  });
});

describe('a tool call among the parts of a message', () => {
  it('is one of a tool that is named by the part’s type, or in it', () => {
    const parts = [
      TEXT,
      call(),
      { type: 'dynamic-tool', toolName: 'feel', toolCallId: '2', input: 'soft' },
      { type: 'dynamic-tool', toolCallId: '3' },
      { type: 'tool-look' },
    ];
    expect(callsIn(messageOf(parts))).toEqual([
      ...[
        {
          id: '1',
          name: 'look',
          input: { at: 'Wien' },
          result: null,
          field: 'messages[0].parts[1]',
        },
        { id: '2', name: 'feel', input: {}, result: null, field: 'messages[0].parts[2]' },
      ],
    ]);
  });

  it('has the result that the client has of it', () => {
    const given = (output: unknown) => resultOf({ state: 'output-available', output });
    expect(given('21°')).toEqual({ content: '21°', isError: false });
    expect(given({ c: 21, sky: null })).toEqual({ content: '{"c":21,"sky":null}', isError: false });
    expect(given(undefined)).toEqual({ content: 'null', isError: false });
    expect(resultOf({ state: 'output-error', errorText: 'No hands' })).toEqual({
      ...{ content: 'No hands', isError: true },
    });
    expect(resultOf({ state: 'output-error' })).toEqual({
      ...{ content: 'The tool failed.', isError: true },
    });
    expect(resultOf({ state: 'output-denied' })).toEqual({
      ...{ content: 'The user did not allow this call.', isError: true },
    });
    for (const state of ['input-streaming', 'input-available', 'approval-requested'])
      expect(resultOf({ state, output: 'early' })).toBeNull();
  });
});

describe('an answer that a client has from elsewhere', () => {
  it('is taken over step by step, with what its tools gave', () => {
    const parts = [
      { type: 'step-start' },
      { type: 'reasoning', text: 'Hm' },
      call({ state: 'output-error', errorText: 'Fog' }),
      { type: 'step-start' },
      { type: 'text', text: 'Perhaps' },
    ];
    expect(answerMessages(messageOf(parts))).toMatchObject([
      {
        clientId: 'm',
        role: 'assistant',
        content: '',
        parts: {
          list: [
            { thinking: 'Hm' },
            { toolCall: { id: '1', name: 'look', arguments: { at: 'Wien' } } },
          ],
        },
      },
      { clientId: null, role: 'tool', content: 'Fog', toolAnswer: { callId: '1', isError: true } },
      { clientId: null, role: 'assistant', content: 'Perhaps', parts: null },
    ]);
  });

  it.each([{ type: `tool-${'x'.repeat(65)}` }, { toolCallId: 'x'.repeat(201) }])(
    'is refused with names that are too long to be stored',
    (more) => {
      const parts = [TEXT, call(more)];
      expect(() => answerMessages(messageOf(parts))).toThrow('messages[0].parts[1]');
    },
  );
});
