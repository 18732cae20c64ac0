import { lookup } from 'node:dns';
import { getEventListeners } from 'node:events';
import { answer, FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { CollectingSink } from '../support/collecting-sink.js';
import { connect, startChat, transportTo } from '../support/ollama-fixture.js';
import type { LineParser } from '../../src/models/transport/streamed-request.js';

const PARSER: LineParser = { line: () => 'content', flush: () => undefined };
const CHAT = { path: '/api/chat', body: { model: 'llama2' } };

describe('aborting a chat', () => {
  let fake: FakeOllama;
  let ollama: ReturnType<typeof connect>;

  beforeEach(async () => {
    fake = await FakeOllama.start();
    ollama = connect(fake.baseUrl, { retries: 10 });
  });

  afterEach(async () => {
    ollama.close();
    await fake.close();
    fake.assertNoUnexpected();
  });

  test.each([
    ['waiting for headers', script().hang(), 0],
    ['after the headers', script().headers().hang(), 0],
    ['between tokens', script().tokens('a', 'b').hang(), 2],
    ['in the middle of a line', script().tokens('a').raw('{"message"').hang(), 1],
  ])('%s: the connection is closed, the reason is given', async (_, scripted, tokens) => {
    fake.next(scripted);
    const { sink, abort, end } = startChat(ollama);
    const chat = await fake.chat(0);
    await sink.reached(tokens);
    abort.abort(new Error('the reader left'));
    await expect(end).rejects.toThrow('the reader left');
    expect(await chat.closed).toBe('client_left');
    expect(await fake.connections()).toBe(0);
  });

  test('before it began: nothing is sent', async () => {
    const { end, abort } = startChat(ollama);
    abort.abort();
    await expect(end).rejects.toMatchObject({ name: 'AbortError' });
    const late = new AbortController();
    late.abort();
    const transport = transportTo(fake.baseUrl, 0);
    await expect(transport.stream(CHAT, PARSER, late.signal)).rejects.toThrow();
    expect(await fake.connections()).toBe(0);
    expect(fake.chats).toHaveLength(0);
  });

  test('while the host name is looked up', async () => {
    const asked = new Gate();
    // Never answers.
    const transport = transportTo('http://ollama.test:1', 0, () => asked.open());
    const abort = new AbortController();
    const chat = transport.stream(CHAT, PARSER, abort.signal);
    chat.catch(() => undefined);
    await asked.opened;
    abort.abort();
    await expect(chat).rejects.toMatchObject({ name: 'AbortError' });
    transport.close();
  });

  test('while it waits to try again', async () => {
    fake.next(script().error(503));
    const { end, abort } = startChat(ollama);
    await (
      await fake.chat(0)
    ).closed;
    abort.abort();
    await expect(end).rejects.toMatchObject({ name: 'AbortError' });
    expect(fake.chats).toHaveLength(1);
  });

  test('one of a hundred: the others go on', async () => {
    const gate = new Gate();
    fake.always(script().token('a').wait(gate).token('b').done());
    const chats = Array.from({ length: 100 }, () => startChat(ollama));
    await Promise.all(chats.map(({ sink }) => sink.reached(1)));
    const [first, ...others] = chats;
    first!.abort.abort();
    await expect(first!.end).rejects.toMatchObject({ name: 'AbortError' });
    gate.open();
    await Promise.all(others.map(({ end }) => end));
    expect(others.map(({ sink }) => sink.text)).toEqual(others.map(() => 'ab'));
  });

  test('a sink that throws ends the chat and frees the model', async () => {
    fake.next(script().tokens('a').hang());
    const { sink, end } = startChat(ollama);
    sink.token = () => {
      throw new Error('the log is full');
    };
    await expect(end).rejects.toThrow('the log is full');
    expect(await (await fake.chat(0)).closed).toBe('client_left');
  });

  test('hundreds of aborts and answers leave no connection but kept ones', async () => {
    fake.always(script().tokens('a').hang());
    for (let round = 0; round < 20; round += 1) {
      const chats = Array.from({ length: 20 }, () => startChat(ollama));
      await Promise.all(chats.map(({ sink }) => sink.reached(1)));
      for (const { abort } of chats) abort.abort();
      await Promise.allSettled(chats.map(({ end }) => end));
    }
    await Promise.all(fake.chats.map(({ closed }) => closed));
    expect(await fake.connections()).toBe(0);

    fake.always(answer('a'));
    const sequential = new CollectingSink();
    for (let count = 0; count < 20; count += 1) {
      const { sink, end } = startChat(ollama);
      await end;
      sequential.token(sink.text);
    }
    expect(sequential.text).toBe('a'.repeat(20));
    expect(await fake.connections()).toBeLessThanOrEqual(2);
  });

  test('a chat that has ended listens to its signal no more', async () => {
    fake.next(answer('a'));
    const { abort, end } = startChat(ollama);
    await fake.chat(0);
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1);
    await end;
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0);
  });

  test('the system resolver is used unless told otherwise', async () => {
    let asked = 0;
    const address = fake.baseUrl.replace('127.0.0.1', 'localhost');
    const transport = transportTo(address, 0, (host, options, callback) => {
      asked += 1;
      lookup(host, { ...options, family: 4 }, callback);
    });
    const request = { method: 'GET', path: '/api/version', timeoutMs: 5_000 } as const;
    await transport.json(request, (answer) => answer);
    expect(asked).toBe(1);
    transport.close();
  });
});
