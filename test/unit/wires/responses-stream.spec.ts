import type { Piece } from '../../../src/domain/parts.js';
import { endedAnswer, type Answer } from '../../../src/generation/answer.js';
import { decodeEcho, encodeEcho } from '../../../src/wires/openai-responses/response-echo.js';
import { ResponseView } from '../../../src/wires/openai-responses/response-object.js';
import {
  RESPONSE_STREAM,
  ResponseStreamFormat,
} from '../../../src/wires/openai-responses/stream/response-stream-format.js';
import { statelessRecord } from '../../support/ended-record.js';

interface Event {
  type: string;
  sequence_number: number;
  [field: string]: unknown;
}

const CALL = (id: string, name = 'look'): Piece => ({
  toolCall: { id, name, arguments: { city: 'Vienna' } },
});
const PIECES: Piece[] = [{ thinking: 'a' }, { thinking: 'b' }, 'c', 'd', CALL('1'), CALL('2'), 'e'];
const ID = '0b5f1f3e-9a43-4a9c-8f0e-7f3f6f0a1c55';

const answerOf = (pieces: Piece[], fields: Parameters<typeof statelessRecord>[0] = {}) =>
  endedAnswer(statelessRecord({ id: ID, seq: pieces.length, ...fields }), pieces);

/** All bytes of a stream, each event by itself in this order. */
function bytes(answer: Answer, format = RESPONSE_STREAM): string {
  const { log } = answer;
  const encoder = format.encoder(answer);
  const pieces = log.piecesAfter(0).map((piece, index) => encoder.piece(piece, index + 1));
  const { terminal } = log;
  if (!terminal) throw new Error('The answer has not ended');
  return format.opening(answer) + pieces.join('') + encoder.end(terminal, log.lastSeq);
}

function eventsIn(text: string): Event[] {
  return text
    .trimEnd()
    .split('\n\n')
    .map((block) => {
      const [event = '', data = ''] = block.split('\n');
      const parsed = JSON.parse(data.slice('data: '.length)) as Event;
      expect(event).toBe(`event: ${parsed.type}`);
      return parsed;
    });
}

describe('the stream of a response', () => {
  it('has each item’s events in order, numbered from 0 without gaps', () => {
    const events = eventsIn(bytes(answerOf(PIECES)));
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, n) => n));
    const text = ['content_part.added', 'output_text.delta'];
    const textEnd = ['output_text.done', 'content_part.done', 'output_item.done'];
    const call = [
      'output_item.added',
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
    ];
    expect(events.map(({ type }) => type.replace('response.', ''))).toEqual([
      ...['created', 'in_progress'],
      ...['output_item.added', 'reasoning_summary_part.added'],
      ...['reasoning_summary_text.delta', 'reasoning_summary_text.delta'],
      ...['reasoning_summary_text.done', 'reasoning_summary_part.done', 'output_item.done'],
      ...['output_item.added', ...text, 'output_text.delta', ...textEnd],
      ...[...call, ...call],
      ...['output_item.added', ...text, ...textEnd],
      'completed',
    ]);
    const indexes = events.flatMap(({ output_index: index }) => (index === undefined ? [] : index));
    expect([...new Set(indexes)]).toEqual([0, 1, 2, 3, 4]);
    expect(indexes.toSorted()).toEqual(indexes);
  });

  it('names the function at the end of its arguments', () => {
    const [done] = eventsIn(bytes(answerOf([CALL('1')]))).filter(
      ({ type }) => type === 'response.function_call_arguments.done',
    );
    expect(done).toMatchObject({ name: 'look', arguments: '{"city":"Vienna"}' });
  });

  it('is not cached, changed or held back on its way, and kept open by comments', () => {
    expect(RESPONSE_STREAM.headers).toEqual({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
    });
    expect(RESPONSE_STREAM.keepAlive).toBe(':keep-alive\n\n');
  });

  it('says the items at its end as it said them one by one', () => {
    const events = eventsIn(bytes(answerOf(PIECES)));
    const done = events.filter(({ type }) => type === 'response.output_item.done');
    const last = events.at(-1) as unknown as { response: { output: unknown[] } };
    expect(last.response.output).toEqual(done.map(({ item }) => item));
    const ids = last.response.output.map((item) => (item as { id: string }).id);
    expect(new Set(ids).size).toBe(5);
    const added = events.filter(({ type }) => type === 'response.output_item.added');
    expect(added.map(({ item }) => (item as { id: string }).id)).toEqual(ids);
  });

  it('is the same from whatever event it is encoded', () => {
    const answer = answerOf(PIECES);
    const encoder = RESPONSE_STREAM.encoder(answer);
    const forwards = PIECES.map((piece, index) => encoder.piece(piece, index + 1));
    const alone = PIECES.map((piece, index) =>
      RESPONSE_STREAM.encoder(answer).piece(piece, index + 1),
    );
    const backwards = RESPONSE_STREAM.encoder(answer);
    const found = PIECES.map((_, index) => PIECES.length - index).map((seq) =>
      backwards.piece(answer.log.at(seq), seq),
    );
    expect(alone).toEqual(forwards);
    expect(found.reverse()).toEqual(forwards);
  });

  it('goes on byte for byte after any of its events, and gives the last one again', () => {
    const answer = answerOf(PIECES);
    const whole = bytes(answer);
    const blocks = whole.split(/(?<=\n\n)/);
    for (const [after] of blocks.entries()) {
      const rest = blocks.slice(after + 1).join('');
      expect(bytes(answer, new ResponseStreamFormat(after))).toBe(rest || blocks.at(-1));
    }
    expect(bytes(answer, new ResponseStreamFormat(9_999))).toBe(blocks.at(-1));
  });

  it.each([
    ['length', 'response.incomplete', 'incomplete', { reason: 'max_output_tokens' }],
    ['cancelled', 'response.incomplete', 'cancelled', null],
  ] as const)('ends as its answer did: %s', (finishReason, type, status, details) => {
    const events = eventsIn(bytes(answerOf(['a'], { finishReason })));
    expect(events.at(-1)).toMatchObject({
      type,
      response: { status, incomplete_details: details, completed_at: null, error: null },
    });
    expect(events.at(-2)).toMatchObject({
      type: 'response.output_item.done',
      item: { status: 'incomplete' },
    });
  });

  it('tells a failure twice: as the client throws it, and as the response has it', () => {
    const error = { error: 'It broke', code: 'SERVICE_UNAVAILABLE', reason: 'model_unavailable' };
    const events = eventsIn(bytes(answerOf(['a'], { status: 'failed', error })));
    const failure = { message: 'It broke', code: 'model_unavailable', param: null };
    expect(events.slice(-2)).toMatchObject([
      { type: 'error', ...failure, error: { ...failure, reason: 'model_unavailable' } },
      {
        type: 'response.failed',
        response: {
          status: 'failed',
          error: { code: 'server_error', message: 'It broke', reason: 'model_unavailable' },
          output: [{ status: 'incomplete' }],
        },
      },
    ]);
  });

  it('ends what is open where a reader is refused in the middle', () => {
    const error = { error: 'The key was revoked', code: 'UNAUTHORIZED', reason: 'key_revoked' };
    const end = { type: 'error', error, committed: true } as const;
    const encoder = RESPONSE_STREAM.encoder(answerOf(PIECES));
    const events = eventsIn(encoder.end(end, 3));
    expect(events.map(({ type }) => type)).toEqual([
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'error',
      'response.failed',
    ]);
    expect(events[0]).toMatchObject({ text: 'c', sequence_number: 12 });
    expect(events.at(-1)).toMatchObject({ response: { output: [{}, { type: 'message' }] } });
  });

  it('has no items where there was no answer', () => {
    const events = eventsIn(bytes(answerOf([])));
    expect(events.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.completed',
    ]);
  });
});

describe('a response', () => {
  const NOTHING = { response: '', parts: null };
  const view = (fields: Parameters<typeof answerOf>[1] = {}) =>
    new ResponseView(answerOf([], fields));

  it('waits, runs, and has ended at a time only where it is complete', () => {
    const state = { written: NOTHING, end: null, finishedAt: null };
    const times = view({ createdAt: 1_999 });
    expect(times.object({ ...state, isQueued: true })).toMatchObject({ status: 'queued' });
    expect(times.object(state)).toMatchObject({
      ...{ status: 'in_progress', created_at: 1, completed_at: null, usage: null },
    });
    const end = { type: 'done', usage: null, report: null } as const;
    for (const [finishReason, completed_at] of [
      ['stop', 3],
      ['length', null],
      ['cancelled', null],
    ] as const)
      expect(
        times.object({ ...state, end: { ...end, finishReason }, finishedAt: 3_999 }),
      ).toMatchObject({ completed_at });
  });

  it('has the tokens where both were counted', () => {
    const usageOf = (promptTokens: number | null, completionTokens: number | null) => {
      const usage = { promptTokens, completionTokens };
      const end = { type: 'done', finishReason: 'stop', usage, report: null } as const;
      return view().object({ written: NOTHING, end, finishedAt: 1 }).usage;
    };
    expect(usageOf(3, 4)).toMatchObject({ input_tokens: 3, output_tokens: 4, total_tokens: 7 });
    expect(usageOf(3, null)).toBeNull();
    expect(usageOf(null, 4)).toBeNull();
  });

  it('has items of its own id where it has no message', () => {
    const { id } = view({ stateless: true }).item('a', 0, 'completed');
    expect(id).toBe(`msg_${ID.replaceAll('-', '')}`);
  });

  it('repeats its request from the echo alone, and nothing of another API’s', () => {
    const { repeated, ...none } = decodeEcho(null);
    const echo = encodeEcho({
      ...none,
      model: 'asked',
      namespaces: { look: 'maps' },
      repeated: { ...repeated, instructions: 'Be brief', metadata: { a: 'b' } },
    });
    const state = { written: { response: '', parts: null }, end: null, finishedAt: null };
    const own = new ResponseView(answerOf([], { echo })).object(state);
    expect(own).toMatchObject({ model: 'asked', instructions: 'Be brief', metadata: { a: 'b' } });
    const other = { echo: '{"model":"x","usage":true}' };
    const others = new ResponseView(answerOf([], other)).object(state);
    expect(others).toMatchObject({ model: 'llama2', instructions: null, metadata: {} });
    const called = new ResponseView(answerOf([], { echo })).item(CALL('1'), 0, 'in_progress');
    expect(called).toMatchObject({ namespace: 'maps', status: 'completed', name: 'look' });
  });
});
