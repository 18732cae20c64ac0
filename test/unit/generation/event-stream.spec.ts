import { EventEmitter } from 'node:events';
import { jest } from '@jest/globals';
import type { Response } from 'express';
import { charactersOf } from '../../../src/domain/parts.js';
import { NO_PHASES } from '../../../src/generation/phases.js';
import { EventLog } from '../../../src/generation/live/event-log.js';
import { SSE } from '../../../src/generation/sse/sse-format.js';
import type { StreamFormat } from '../../../src/generation/stream-format.js';
import { EventStream } from '../../../src/generation/stream/event-stream.js';

/** A socket as the stream sees it: what was written, and whether it takes more. */
class FakeResponse extends EventEmitter {
  readonly writes: string[] = [];
  takes = true;
  destroyed = false;
  writableEnded = false;
  writeHead = jest.fn();
  flushHeaders = jest.fn();
  cork = jest.fn();
  uncork = jest.fn();
  end = jest.fn();
  destroy = jest.fn(() => (this.destroyed = true));

  write(blocks: string): boolean {
    this.writes.push(blocks);
    return this.takes;
  }
}

const answer = {
  generationId: 'g',
  conversationId: 'c',
  messageId: 'm',
  parentId: 'q',
  model: 'llama2',
  createdAt: 1,
  echo: null,
  running: 'here',
  phases: NO_PHASES,
  enter: () => () => undefined,
  thinkingMs: () => null,
  finishedAt: () => null,
} as const;
const done = { type: 'done', finishReason: 'stop', usage: null, report: null } as const;

function streamOf(
  log: EventLog,
  format: StreamFormat = SSE,
): { response: FakeResponse; ended: Promise<void> } {
  const response = new FakeResponse();
  const options = { format, after: 0, stallTimeoutMs: 60_000 };
  const stream = new EventStream(response as unknown as Response, { ...answer, log }, options);
  return { response, ended: stream.run() };
}

describe('the stream of a log', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('writes tokens that arrived together at once, each its own block', () => {
    const log = new EventLog();
    const { response } = streamOf(log);
    log.append('a');
    log.append('b');
    log.wake();
    expect(response.writes).toEqual(['data: {"token":"a"}\n\ndata: {"token":"b"}\n\n']);
  });

  it('keeps a write of many blocks within 4 KB and never cuts one', () => {
    const log = new EventLog();
    for (let count = 0; count < 300; count += 1) log.append('é'.repeat(20));
    log.append('x'.repeat(9_000));
    log.append('y');
    const { response } = streamOf(log);
    const sizes = response.writes.map((write) => Buffer.byteLength(write));
    expect(sizes.filter((size) => size > 4_096)).toHaveLength(1);
    for (const write of response.writes) expect(write).toMatch(/^data: [^]*\n\n$/);
    expect(response.writes.join('').match(/data: /g)).toHaveLength(302);
  });

  it('says keep-alive after 15 s of silence, and only then', () => {
    const log = new EventLog();
    const { response } = streamOf(log);
    jest.advanceTimersByTime(10_000);
    log.append('a');
    log.wake();
    jest.advanceTimersByTime(14_000);
    expect(response.writes).toHaveLength(1);
    jest.advanceTimersByTime(1_000);
    expect(response.writes.slice(1)).toEqual([':keep-alive\n\n']);
    jest.advanceTimersByTime(15_000);
    expect(response.writes.slice(2)).toEqual([':keep-alive\n\n']);
  });

  it('encodes an event once for the readers of one format, whatever others they read', () => {
    const log = new EventLog();
    const encoded: string[] = [];
    const tabs: StreamFormat = {
      headers: { 'Content-Type': 'text/plain' },
      keepAlive: null,
      phase: () => '',
      encoder: () => ({
        piece: (piece, seq) => {
          const text = charactersOf(piece);
          encoded.push(text);
          return `${seq}\t${text}\n`;
        },
        end: (event) => `${event.type}\n`,
      }),
    };
    const streams = [tabs, SSE, tabs].map((format) => streamOf(log, format));
    log.append('a');
    log.wake();
    jest.advanceTimersByTime(60_000);
    log.close(done);
    const [first, sse, second] = streams.map(({ response }) => response.writes.join(''));
    expect([first, second]).toEqual(['1\ta\ndone\n', '1\ta\ndone\n']);
    expect(sse).toContain('data: {"token":"a"}\n\n:keep-alive');
    expect(encoded).toEqual(['a']);
    expect(streams[0]?.response.writeHead).toHaveBeenCalledWith(200, tabs.headers);
  });

  it('writes nothing for events that a format leaves out: an empty chunk is the end of a body', () => {
    const log = new EventLog();
    const rest: StreamFormat = {
      ...{ headers: {}, keepAlive: null, phase: () => '' },
      encoder: () => ({
        piece: (piece, seq) => (seq > 1 ? charactersOf(piece) : ''),
        end: () => 'end',
      }),
    };
    const { response } = streamOf(log, rest);
    for (const text of ['a', 'b']) {
      log.append(text);
      log.wake();
    }
    log.close(done);
    expect(response.writes).toEqual(['b', 'end']);
    expect(response.end).toHaveBeenCalled();
  });

  it('waits for a full socket, keeping its place, and goes on when it drains', () => {
    const log = new EventLog();
    const { response } = streamOf(log);
    response.takes = false;
    for (const text of ['a', 'b', 'c']) {
      log.append(text);
      log.wake();
    }
    expect(response.writes).toHaveLength(1);
    jest.advanceTimersByTime(30_000);
    expect(response.writes).toHaveLength(1);
    response.takes = true;
    response.emit('drain');
    expect(response.writes.join('')).toBe(
      'data: {"token":"a"}\n\ndata: {"token":"b"}\n\ndata: {"token":"c"}\n\n',
    );
  });

  it('drops a reader that takes nothing for too long', () => {
    const log = new EventLog();
    const { response } = streamOf(log);
    response.takes = false;
    log.append('a');
    log.wake();
    jest.advanceTimersByTime(59_999);
    expect(response.destroy).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(response.destroy).toHaveBeenCalled();
  });

  it('ends after the last event, and leaves no timer', async () => {
    const log = new EventLog();
    const { response, ended } = streamOf(log);
    log.append('a');
    log.close(done);
    await ended;
    expect(response.writes.join('')).toContain('"done":true');
    expect(response.end).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('stops when its reader leaves, also one that never took anything', async () => {
    const log = new EventLog();
    const { response, ended } = streamOf(log);
    response.takes = false;
    log.append('a');
    log.wake();
    response.emit('close');
    await ended;
    log.append('b');
    log.wake();
    expect(response.writes).toHaveLength(1);
    expect(jest.getTimerCount()).toBe(0);
  });
});
