import type { BranchMessage } from '../../../src/domain/conversation.js';
import { written } from '../../../src/domain/parts.js';
import { toUiMessages } from '../../../src/wires/ai-sdk/ui-messages.js';
import { stepsAgain } from '../../../src/wires/ai-sdk/ui-steps.js';
import { storedMessage } from '../../support/stored-message.js';

const PLACE = { conversationId: 'c', prefix: '/behind' };
const ASKED_AT = Date.parse('2026-01-02T03:04:05.000Z');

const message = (id: string, fields: Partial<BranchMessage>): BranchMessage => ({
  siblings: [id],
  ...storedMessage(id, { createdAt: ASKED_AT, ...fields }),
});
const question = (fields: Partial<BranchMessage> = {}) =>
  message('q', { content: 'Warm?', ...fields });
const answer = (id: string, fields: Partial<BranchMessage> = {}) =>
  message(id, { role: 'assistant', parentId: 'q', model: 'm', generationId: 'g', ...fields });
const result = (id: string, callId: string, content: string, isError = false) =>
  message(id, {
    role: 'tool',
    content,
    createdAt: ASKED_AT + 9000,
    toolAnswer: { callId, isError },
  });

/** A call of two tools, one with arguments that are no JSON object. */
const SAID = written([
  { thinking: 'Hm' },
  'I look',
  { toolCall: { id: '1', name: 'look', arguments: { at: 'Wien' } } },
  { toolCall: { id: '2', name: 'feel', arguments: null, argumentsText: '{"at"' } },
]);
const CALLED = answer('a', {
  content: SAID.response,
  parts: SAID.parts,
  finishReason: 'tool_calls',
  usage: { promptTokens: 3, completionTokens: 1 },
});
const CHAIN = [
  question(),
  CALLED,
  result('r1', '1', '{"c":21}'),
  result('r2', '2', 'No hands', true),
  answer('b', { content: 'Yes', parentId: 'r2', finishReason: 'stop', createdAt: ASKED_AT + 9500 }),
];

describe('a chat as the AI SDK reads it', () => {
  it('has of a question its pictures, its text, its time and its place', () => {
    const images = [{ id: 'f00', mediaType: 'image/png', bytes: 9 }] as const;
    expect(
      toUiMessages([question({ clientId: 'mine', images, siblings: ['q0', 'q'] })], PLACE),
    ).toEqual([
      {
        id: 'mine',
        role: 'user',
        parts: [
          { type: 'file', mediaType: 'image/png', url: '/behind/api/history/c/images/f00' },
          { type: 'text', text: 'Warm?' },
        ],
        metadata: {
          created_at: '2026-01-02T03:04:05.000Z',
          message_id: 'q',
          parent_id: 'top',
          siblings: ['q0', 'q'],
        },
      },
    ]);
    const [only] = toUiMessages([question({ content: '', images })], PLACE);
    expect(only?.parts.map(({ type }) => type)).toEqual(['file']);
    expect(only?.id).toBe('q');
  });

  it('has of a chain of calls one message, with what is said last of it', () => {
    expect(toUiMessages(CHAIN, PLACE).slice(1)).toEqual([
      {
        id: 'a',
        role: 'assistant',
        parts: [
          { type: 'step-start' },
          { type: 'reasoning', text: 'Hm', state: 'done' },
          { type: 'text', text: 'I look', state: 'done' },
          {
            type: 'tool-look',
            toolCallId: '1',
            state: 'output-available',
            input: { at: 'Wien' },
            output: { c: 21 },
          },
          {
            type: 'tool-feel',
            toolCallId: '2',
            state: 'output-error',
            input: '{"at"',
            errorText: 'No hands',
          },
          { type: 'step-start' },
          { type: 'text', text: 'Yes', state: 'done' },
        ],
        metadata: {
          conversation_id: 'c',
          generation_id: 'g',
          model: 'm',
          created_at: '2026-01-02T03:04:14.000Z',
          finish_reason: 'stop',
          usage: null,
          message_id: 'a',
          parent_id: 'q',
          siblings: ['a'],
        },
      },
    ]);
  });

  it('has the time of the question for its first answer, and their own for the others', () => {
    const siblings = ['a', 'b'];
    const timeOf = (id: string, createdAt: number) =>
      toUiMessages([question(), answer(id, { content: 'Yes', createdAt, siblings })], PLACE)[1]
        ?.metadata['created_at'];
    expect(timeOf('a', ASKED_AT + 5)).toBe('2026-01-02T03:04:05.000Z');
    expect(timeOf('b', ASKED_AT + 5000)).toBe('2026-01-02T03:04:10.000Z');
  });

  it('says nothing of the end of an answer that failed, and has none that is being written', () => {
    const [, failed] = toUiMessages([question(), answer('a', { status: 'failed' })], PLACE);
    expect(failed?.metadata).not.toHaveProperty('finish_reason');
    expect(failed?.metadata).not.toHaveProperty('usage');
    const running = answer('a', { content: 'So', status: 'streaming' });
    expect(toUiMessages([question(), running], PLACE)).toHaveLength(1);
  });
});

describe('the steps of a message for who joins the answer that goes on with it', () => {
  it('are those of its streams, with the results of its tools', () => {
    const chunks = stepsAgain(toUiMessages(CHAIN, PLACE)[1]!)
      .trimEnd()
      .split('\n\n')
      .map((block): unknown => JSON.parse(block.slice('data: '.length)));
    expect(chunks).toEqual([
      { type: 'start-step' },
      { type: 'reasoning-start', id: 'e1' },
      { type: 'reasoning-delta', id: 'e1', delta: 'Hm' },
      { type: 'reasoning-end', id: 'e1' },
      { type: 'text-start', id: 'e2' },
      { type: 'text-delta', id: 'e2', delta: 'I look' },
      { type: 'text-end', id: 'e2' },
      { type: 'tool-input-start', toolCallId: '1', toolName: 'look' },
      { type: 'tool-input-available', toolCallId: '1', toolName: 'look', input: { at: 'Wien' } },
      { type: 'tool-output-available', toolCallId: '1', output: { c: 21 } },
      { type: 'tool-input-start', toolCallId: '2', toolName: 'feel' },
      { type: 'tool-input-available', toolCallId: '2', toolName: 'feel', input: '{"at"' },
      { type: 'tool-output-error', toolCallId: '2', errorText: 'No hands' },
      { type: 'finish-step' },
      { type: 'start-step' },
      { type: 'text-start', id: 'e6' },
      { type: 'text-delta', id: 'e6', delta: 'Yes' },
      { type: 'text-end', id: 'e6' },
      { type: 'finish-step' },
    ]);
  });
});
