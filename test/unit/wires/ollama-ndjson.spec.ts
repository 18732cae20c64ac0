import type { Piece } from '../../../src/domain/parts.js';
import type { TerminalEvent } from '../../../src/generation/events.js';
import { EventLog } from '../../../src/generation/live/event-log.js';
import { toWholeAnswer, type Route } from '../../../src/wires/ollama/answer-fields.js';
import { writeEcho } from '../../../src/wires/ollama/echo.js';
import { NDJSON, NdjsonEncoder } from '../../../src/wires/ollama/ndjson-format.js';

const HEAD = { model: 'Llama2 "x"', created_at: '2025-06-15T15:06:40.000Z' };
const CREATED = Date.parse(HEAD.created_at);

const call = (id: string): Piece => ({ toolCall: { id, name: 'look', arguments: { at: 'ü' } } });
const done = (fields: object = {}): TerminalEvent => ({
  type: 'done',
  finishReason: 'stop',
  usage: { promptTokens: 12, completionTokens: 3 },
  report: null,
  ...fields,
});

function answerOf(pieces: readonly Piece[], finishedAt: number | null = CREATED + 1500) {
  const log = new EventLog();
  for (const piece of pieces) log.append(piece);
  return {
    log,
    model: 'llama2:latest',
    echo: writeEcho(HEAD.model),
    createdAt: CREATED,
    finishedAt: () => finishedAt,
    thinkingMs: () => 5,
  };
}

function linesOf(pieces: readonly Piece[], end: TerminalEvent, route: Route = 'chat') {
  const encoder = new NdjsonEncoder(answerOf(pieces), route);
  const events = pieces.map((piece, index) => encoder.piece(piece, index + 1));
  return [...events, encoder.end(end)].map((text) => {
    expect(text).toMatch(/^[^\n]+\n$/);
    return JSON.parse(text) as unknown;
  });
}

describe('the stream of Ollama', () => {
  it('has a line for each event, and the counts with the last', () => {
    expect(linesOf(['Hel"lo', '\n'], done())).toEqual([
      { ...HEAD, message: { role: 'assistant', content: 'Hel"lo' }, done: false },
      { ...HEAD, message: { role: 'assistant', content: '\n' }, done: false },
      {
        ...HEAD,
        message: { role: 'assistant', content: '' },
        done: true,
        done_reason: 'stop',
        total_duration: 1_500_000_000,
        prompt_eval_count: 12,
        eval_count: 3,
      },
    ]);
  });

  it('has nothing in a line that clients in Python take for its end', () => {
    const text = 'a\u2028b\u2029c\u0085d';
    const encoder = new NdjsonEncoder(answerOf([text, { thinking: text }]), 'chat');
    for (const line of [encoder.piece(text, 1), encoder.piece({ thinking: text }, 2)]) {
      expect(line).toMatch(/^[^\n\u2028\u2029\u0085]+\n$/);
      const { message } = JSON.parse(line) as { message: { content: string; thinking?: string } };
      expect(message.thinking ?? message.content).toBe(text);
    }
  });

  it('has an object for arguments in any case, since clients read nothing else', () => {
    const odd = { id: 'a', name: 'look', arguments: null, argumentsText: '{"at"' };
    const called = { index: 0, name: 'look', arguments: {}, arguments_text: '{"at"' };
    expect(linesOf([{ toolCall: odd }], done())[0]).toMatchObject({
      message: { tool_calls: [{ id: 'a', function: called }] },
    });
  });

  it('names what is said `response` where a prompt was completed', () => {
    expect(linesOf([{ thinking: 'Hm' }, 'Yes'], done({ usage: null }), 'generate')).toEqual([
      { ...HEAD, response: '', thinking: 'Hm', done: false },
      { ...HEAD, response: 'Yes', done: false },
      { ...HEAD, response: '', done: true, done_reason: 'stop', total_duration: 1_500_000_000 },
    ]);
  });

  it('has thinking and calls beside the text, each call with its number', () => {
    const said = (more: object) => ({
      ...HEAD,
      message: { role: 'assistant', content: '', ...more },
      done: false,
    });
    const toCall = (id: string, index: number) => ({
      tool_calls: [{ id, function: { index, name: 'look', arguments: { at: 'ü' } } }],
    });
    const lines = linesOf([{ thinking: 'Hm' }, call('a'), call('b')], done());
    expect(lines.slice(0, 3)).toEqual([
      said({ thinking: 'Hm' }),
      said(toCall('a', 0)),
      said(toCall('b', 1)),
    ]);
  });

  it('encodes any event at any time', () => {
    const pieces = ['a', call('x'), call('y')];
    const one = new NdjsonEncoder(answerOf(pieces), 'chat');
    const other = new NdjsonEncoder(answerOf(pieces), 'chat');
    one.piece(call('x'), 2);
    expect(one.piece(call('y'), 3)).toBe(other.piece(call('y'), 3));
  });

  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['tool_calls', 'stop'],
    ['cancelled', 'cancelled'],
  ])('says of an end by %s that it is %s', (finishReason, done_reason) => {
    expect(linesOf([], done({ finishReason }))).toMatchObject([{ done: true, done_reason }]);
  });

  it('ends with the error, and is not done then', () => {
    const error = { error: 'It broke', code: 'SERVICE_UNAVAILABLE', reason: 'model_unavailable' };
    expect(linesOf(['a'], { type: 'error', error, committed: true }).at(-1)).toEqual(error);
  });

  it('has no error of our own API’s words', () => {
    const error = { error: 'message: too long', code: 'INVALID_INPUT', reason: 'context_exceeded' };
    const [line] = linesOf([], { type: 'error', error, committed: false });
    expect(line).toEqual({ ...error, error: expect.stringMatching(/^The messages are too long/) });
  });

  it('says how long it took, once that is known, and never less than nothing', () => {
    const endOf = (finishedAt: number | null) =>
      JSON.parse(new NdjsonEncoder(answerOf([], finishedAt), 'chat').end(done())) as object;
    expect(endOf(null)).not.toHaveProperty('total_duration');
    expect(endOf(CREATED - 5)).toMatchObject({ total_duration: 0 });
  });

  it('is not cached, changed or held back on its way', () => {
    for (const { headers } of Object.values(NDJSON))
      expect(headers).toEqual({
        'Content-Type': 'application/x-ndjson',
        'Cache-Control': 'no-cache, no-transform',
        'X-Accel-Buffering': 'no',
      });
  });

  it.each(['chat', 'generate'] as const)('keeps alive with a line of no text (%s)', (route) => {
    const text = NDJSON[route].keepAlive ?? '';
    expect(text).toMatch(/\n$/);
    const line = JSON.parse(text) as { done: boolean; message?: object; response?: string };
    expect(line.done).toBe(false);
    expect(route === 'chat' ? line.message : line.response).toEqual(
      route === 'chat' ? { role: 'assistant', content: '' } : '',
    );
  });

  it('says the same as a whole', () => {
    const answer = { ...answerOf([{ thinking: 'Hm' }, 'Yes', call('a')]) } as never;
    const end = done() as never;
    expect(toWholeAnswer(answer, end, 'chat')).toEqual({
      ...HEAD,
      message: {
        role: 'assistant',
        content: 'Yes',
        thinking: 'Hm',
        tool_calls: [{ id: 'a', function: { index: 0, name: 'look', arguments: { at: 'ü' } } }],
      },
      done: true,
      done_reason: 'stop',
      total_duration: 1_500_000_000,
      prompt_eval_count: 12,
      eval_count: 3,
    });
  });
});
