import { chatConversationId } from '../../../src/chat/client-chats.js';
import type { Piece } from '../../../src/domain/parts.js';
import { endedAnswer } from '../../../src/generation/answer.js';
import type { TerminalEvent } from '../../../src/generation/events.js';
import { UI_STREAM } from '../../../src/wires/ai-sdk/ui-stream-format.js';
import { statelessRecord } from '../../support/ended-record.js';

const CALL = (id: string): Piece => ({ toolCall: { id, name: 'look', arguments: {} } });
const PIECES: Piece[] = [
  { thinking: 'a' },
  { thinking: 'b' },
  'c',
  'd',
  CALL('1'),
  CALL('2'),
  'e',
  { thinking: 'f' },
];

const answerOf = (pieces: Piece[]) => endedAnswer(statelessRecord({ seq: pieces.length }), pieces);

/** Each event by itself, from an encoder that has seen none before it. */
function blocks(pieces: Piece[]): string[] {
  const answer = answerOf(pieces);
  return pieces.map((piece, index) => UI_STREAM.encoder(answer).piece(piece, index + 1));
}

describe('the UI message stream', () => {
  it('is the same from whatever event it is encoded', () => {
    const answer = answerOf(PIECES);
    const encoder = UI_STREAM.encoder(answer);
    expect(PIECES.map((piece, index) => encoder.piece(piece, index + 1))).toEqual(blocks(PIECES));
    const backwards = UI_STREAM.encoder(answer);
    const found = PIECES.map((_, index) => PIECES.length - index).map((seq) =>
      backwards.piece(answer.log.at(seq), seq),
    );
    expect(found.reverse()).toEqual(blocks(PIECES));
  });

  it('begins and ends each part, with an id of its own', () => {
    const types = blocks(PIECES)
      .join('')
      .trimEnd()
      .split('\n\n')
      .map((block) => JSON.parse(block.slice('data: '.length)) as { type: string; id?: string })
      .map(({ type, id }) => (id === undefined ? type : `${type} ${id}`));
    expect(types).toEqual([
      'reasoning-start r1',
      'reasoning-delta r1',
      'reasoning-delta r1',
      'reasoning-end r1',
      'text-start t3',
      'text-delta t3',
      'text-delta t3',
      'text-end t3',
      'tool-input-start',
      'tool-input-available',
      'tool-input-start',
      'tool-input-available',
      'text-start t7',
      'text-delta t7',
      'text-end t7',
      'reasoning-start r8',
      'reasoning-delta r8',
    ]);
  });

  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['tool_calls', 'tool-calls'],
  ] as const)('says of an end by %s that it is %s, and what was counted', (finishReason, told) => {
    const usage = { promptTokens: 12, completionTokens: 2 };
    const event: TerminalEvent = { type: 'done', finishReason, usage, report: null };
    const bytes = UI_STREAM.encoder(answerOf(PIECES)).end(event, PIECES.length + 1);
    const [closed = '', step = '', finish = '', done] = bytes.trimEnd().split('\n\n');
    expect([closed, step].map((block) => JSON.parse(block.slice('data: '.length)).type)).toEqual([
      ...['reasoning-end', 'finish-step'],
    ]);
    expect(JSON.parse(finish.slice('data: '.length))).toMatchObject({
      ...{ type: 'finish', finishReason: told },
      messageMetadata: {
        finish_reason: finishReason,
        usage: { prompt_tokens: 12, completion_tokens: 2 },
      },
    });
    expect(done).toBe('data: [DONE]');
  });

  it('is not cached, changed or held back on its way, and kept open by comments', () => {
    expect(UI_STREAM.headers).toEqual({
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
      'X-Vercel-AI-UI-Message-Stream': 'v1',
    });
    expect(UI_STREAM.keepAlive).toBe(':keep-alive\n\n');
  });

  it('is aborted where the answer was cancelled, without a finish', () => {
    const event: TerminalEvent = {
      ...{ type: 'done', finishReason: 'cancelled', usage: null, report: null },
    };
    expect(UI_STREAM.encoder(answerOf(['a'])).end(event, 2)).toBe(
      'data: {"type":"text-end","id":"t1"}\n\ndata: {"type":"abort"}\n\ndata: [DONE]\n\n',
    );
  });

  it('has of arguments that are no JSON object what the model wrote', () => {
    const call = { id: '1', name: 'look', arguments: null, argumentsText: '{"at"' };
    expect(blocks([{ toolCall: call }])[0]).toContain('"toolName":"look","input":"{\\"at\\""}');
  });

  it('ends what is open where a reader is refused in the middle', () => {
    const error = { error: 'The key was revoked', code: 'UNAUTHORIZED', reason: 'key_revoked' };
    const end = { type: 'error', error, committed: true } as const;
    const encoder = UI_STREAM.encoder(answerOf(PIECES));
    expect(encoder.end(end, 4)).toMatch(/^data: \{"type":"text-end","id":"t3"\}\n\n/);
    expect(encoder.end(end, 6)).toMatch(/^data: \{"type":"message-metadata"/);
    expect(encoder.end(end, PIECES.length + 1)).toMatch(
      /^data: \{"type":"reasoning-end","id":"r8"/,
    );
  });
});

describe('the id of a client’s chat', () => {
  it('is a UUID of version 8, of the owner and the exact name alone', () => {
    const id = chatConversationId('owner', 'chat');
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    // Every release and every worker must find the same conversation.
    expect(id).toBe('f5b2cb80-10d5-869f-a25f-3e01fe6da964');
    const others = [
      ['owner', 'Chat'],
      ['owne', 'rchat'],
      ['other', 'chat'],
    ] as const;
    for (const [owner, chat] of others) expect(chatConversationId(owner, chat)).not.toBe(id);
  });
});
