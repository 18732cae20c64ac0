import { answer, FakeOllama, Gate, script, type ChatScript } from '../support/fake-ollama.js';
import { connect, startChat, transportTo } from '../support/ollama-fixture.js';
import { causeText } from '../../src/common/errors/cause-text.js';
import { ollamaServer } from '../../src/models/providers/ollama/ollama-server.js';
import { HttpClient } from '../../src/models/transport/http-client.js';
import { StreamedRequest, type LineParser } from '../../src/models/transport/streamed-request.js';

const PARSER: LineParser = { line: () => 'content', flush: () => undefined };
const SECRET = 'scripted failure of 10.0.0.1 with secret words';

describe('what Ollama does, and what it becomes', () => {
  let fake: FakeOllama;
  const opened: { close(): void }[] = [];
  const ollama = (...args: Parameters<typeof connect> extends [string, ...infer R] ? R : never) => {
    const made = connect(fake.baseUrl, ...args);
    opened.push(made);
    return made;
  };

  beforeEach(async () => {
    fake = await FakeOllama.start();
  });

  afterEach(async () => {
    for (const made of opened.splice(0)) made.close();
    await fake.close();
    fake.assertNoUnexpected();
  });

  /** The failure of one chat, with the tokens before it. */
  async function failureOf(scripted: ChatScript, retries = 3) {
    fake.next(scripted);
    const { sink, end } = startChat(ollama({ retries }));
    const error = await end.catch((reason: unknown) => reason);
    return { error, tokens: sink.tokens, attempts: fake.chats.length };
  }

  describe('before a byte of the answer, what may pass is tried again', () => {
    test.each([
      ['429', script().error(429, SECRET)],
      ['502 with HTML', script().html(502)],
      ['503', script().error(503, SECRET)],
      ['a reset', script().reset()],
      ['a reset after the headers', script().headers().reset()],
    ])('%s, then an answer', async (_, failing) => {
      fake.next(failing, 2).next(answer('Hi', '!'));
      const { logger, ...made } = ollama({ retries: 3 });
      const { sink, end } = startChat(made);
      await expect(end).resolves.toMatchObject({ finishReason: 'stop' });
      expect(sink.text).toBe('Hi!');
      expect(fake.chats).toHaveLength(3);
      const warnings = logger.lines.filter((line) => line.level === 'warn');
      expect(warnings).toMatchObject([{ fields: { retries: 2 } }]);
    });

    test('the attempts are 1 + retries in all, then 503', async () => {
      fake.next(script().error(503, SECRET), 3);
      const { end } = startChat(ollama({ retries: 2 }));
      await expect(end).rejects.toMatchObject({
        status: 503,
        reason: 'model_unavailable',
        message: 'Ollama service unavailable',
        retryAfter: expect.any(Number),
      });
      expect(fake.chats).toHaveLength(3);
    });

    test('nobody listens: 503; and an answer once somebody does', async () => {
      await fake.stopListening();
      const made = ollama({ retries: 10 });
      await expect(startChat(ollama({ retries: 1 })).end).rejects.toMatchObject({ status: 503 });
      const { sink, end } = startChat(made);
      fake.next(answer('back'));
      await fake.listenAgain();
      await end;
      expect(sink.text).toBe('back');
    });

    test('an unknown host: 503, after the retries', async () => {
      let lookups = 0;
      const transport = transportTo('http://ollama.test:1', 1, (_host, _options, callback) => {
        lookups += 1;
        callback(Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }), '');
      });
      opened.push(transport);
      const request = { path: '/api/chat', body: { model: 'llama2' } };
      const chat = transport.stream(request, PARSER, new AbortController().signal);
      await expect(chat).rejects.toMatchObject({ reason: 'model_unavailable' });
      expect(lookups).toBe(2);
    });

    test('a connection that does not come about in time may pass as well', async () => {
      const lookup = () => undefined;
      const address = { baseUrl: 'http://ollama.test:1', apiKey: null, headers: [], accept: '*/*' };
      const http = new HttpClient(address, { connectTimeoutMs: 5_000, lookup });
      opened.push(http);
      const limits = { timeoutMs: 10_000, connectTimeoutMs: 30 };
      const { signal } = new AbortController();
      const server = ollamaServer('llama2');
      const request = new StreamedRequest(PARSER, server, 'llama2', limits, signal);
      const sent = request.run(http, { method: 'POST', path: '/api/chat', body: '{}' });
      await expect(sent).rejects.toMatchObject({ kind: 'transient' });
    });

    test('a kept connection that the server has closed costs no attempt', async () => {
      const made = ollama({ retries: 0 });
      fake.next(answer('one')).next(script().reset()).next(answer('two'));
      await startChat(made).end;
      const { sink, end } = startChat(made);
      await end;
      expect(sink.text).toBe('two');
      expect(fake.chats).toHaveLength(3);
    });

    test('but only once', async () => {
      const made = ollama({ retries: 0 });
      const gate = new Gate();
      fake.next(script().token('a').wait(gate).done(), 2);
      const both = [startChat(made), startChat(made)];
      await Promise.all(both.map(({ sink }) => sink.reached(1)));
      gate.open();
      await Promise.all(both.map(({ end }) => end));
      await Promise.all(fake.chats.map(({ closed }) => closed));
      // Two connections are kept now, and both turn out to be dead.
      fake.next(script().reset(), 2);
      await expect(startChat(made).end).rejects.toMatchObject({ status: 503 });
      expect(fake.chats).toHaveLength(4);
      expect(await fake.connections()).toBe(0);
    });
  });

  describe('what does not pass is told at once', () => {
    test.each([
      ['500', script().error(500, SECRET)],
      ['501', script().error(501, SECRET)],
      ['HTML with 200', script().html()],
      ['a redirect', script().headers(302, 'text/html').end()],
      ['401 of a proxy', script().error(401, SECRET)],
      ['403', script().error(403, SECRET)],
      ['407', script().error(407, SECRET)],
      ['408', script().error(408, SECRET)],
      ['410', script().error(410, SECRET)],
      ['400 with other words', script().error(400, SECRET)],
      ['400 without words', script().json({}, 400)],
      ['400 with HTML', script().html(400)],
      ['413 with HTML', script().html(413)],
      ['422 with HTML', script().html(422)],
      ['500 that speaks of support', script().error(500, 'this GPU is not supported')],
      ['an empty answer', script().headers().end()],
      ['JSON that is no chat', script().json({ status: 'ok' })],
      ['a JSON list', script().json([1])],
      ['a page for an unknown route', script().headers(404, 'text/plain').raw('404 page').end()],
      ['an error line at first', script().errorLine(SECRET)],
    ])('%s: 503, one attempt', async (_, scripted) => {
      const { error, tokens, attempts } = await failureOf(scripted);
      expect(error).toMatchObject({ name: 'AppError', status: 503, reason: 'model_unavailable' });
      expect(tokens).toEqual([]);
      expect(attempts).toBe(1);
      expect((error as Error).message).not.toMatch(/secret|html|10\.0/);
    });

    test('the default model is not installed: 404 that says what to do', async () => {
      fake.models.remove('llama2');
      const { end } = startChat(ollama({ retries: 3 }));
      await expect(end).rejects.toMatchObject({
        status: 404,
        reason: 'model_not_found',
        message: expect.stringContaining('ollama pull llama2'),
      });
      expect(fake.chats).toHaveLength(1);
    });

    test('an unknown model: 404 that does not repeat the name', async () => {
      const { end } = startChat(ollama({ retries: 3 }), { model: 'no-such-model' });
      const error: unknown = await end.catch((reason: unknown) => reason);
      expect(error).toMatchObject({ status: 404, reason: 'model_not_found' });
      expect((error as Error).message).not.toContain('no-such-model');
      expect(fake.chats).toHaveLength(1);
    });
  });

  describe('what the client can mend is its mistake, at once', () => {
    test.each([
      ['a model that cannot chat', script().error(400, '"nomic" does not support chat'), 'model'],
      [
        'a model that cannot think',
        script().error(400, '"m" does not support thinking'),
        'parameters.think',
      ],
      ['an option that no model has', script().error(400, 'vision is not supported'), 'model'],
      ['several of them', script().error(400, 'images are not currently supported'), 'model'],
      [
        'a level of thinking',
        script().error(400, 'invalid think value: "odd"'),
        'parameters.think',
      ],
      ['an image', script().error(400, 'illegal base64 data at input byte 4'), 'images'],
      ['an image that cannot be read', script().error(400, 'Failed to load image'), 'images'],
      [
        'the schema of a tool',
        script().error(
          400,
          'json: cannot unmarshal bool into Go struct field ToolFunctionParameters.tools.function.parameters.properties of type api.ToolProperty',
        ),
        'tools',
      ],
      ['a schema', script().error(500, 'invalid JSON schema in format'), 'parameters.format'],
      ['a name', script().error(400, 'invalid model name'), 'model'],
      [
        'a name of two kinds',
        script().error(400, 'use either :local or :cloud, not both'),
        'model',
      ],
      ['a request that is not taken', script().error(422, SECRET), 'body'],
      ['one that is too large', script().error(413, SECRET), 'body'],
      ['a body in the words of others', script().json({ detail: [SECRET] }, 422), 'body'],
      [
        'words in an object',
        script().json({ error: { message: '"m" does not support chat' } }, 400),
        'model',
      ],
    ])('%s: 400 for the field, one attempt', async (_, scripted, field) => {
      const { error, attempts } = await failureOf(scripted);
      expect(error).toMatchObject({
        status: 400,
        reason: 'validation',
        retryAfter: undefined,
        details: [{ field, message: expect.stringContaining(field) }],
      });
      expect(attempts).toBe(1);
      expect((error as Error).message).not.toMatch(/secret|nomic|odd|10\.0/);
    });

    test('messages that are too long for the model: 400 that says so', async () => {
      const words = 'the input length exceeds the context length';
      const { error } = await failureOf(script().error(400, words));
      expect(error).toMatchObject({ status: 400, reason: 'context_exceeded' });
    });
  });

  describe('what an operator has to mend stands in the log', () => {
    test.each([401, 403, 407])('%d: credentials', async (status) => {
      const { error } = await failureOf(script().error(status, SECRET));
      expect(causeText(error)).toMatch(/credentials are missing or wrong.*OLLAMA_API_KEY/);
      expect(causeText(error)).not.toContain(SECRET);
    });

    test('a redirect', async () => {
      const { error } = await failureOf(script().headers(308, 'text/html').end());
      expect(causeText(error)).toMatch(/redirects are not followed; OLLAMA_BASE_URL/);
    });

    test('what a server said, short and without what commands a terminal', async () => {
      const words = `no memory\u202e\u001b[2J\n${'x'.repeat(5_000)}`;
      const { error } = await failureOf(script().error(500, words));
      expect(causeText(error)).toMatch(/^Ollama answered 500: no memory \[2J x+$/);
      expect(causeText(error)?.length).toBeLessThan(300);
      const line = await failureOf(script().errorLine(words));
      expect(causeText(line.error)).toMatch(/^Ollama sent an error line: no memory \[2J x+$/);
    });
  });

  test('a list that a server does not know is no missing model', async () => {
    fake.nextAt('/api/tags', script().error(404, 'no such route'));
    await expect(ollama().provider.list()).rejects.toMatchObject({
      status: 503,
      reason: 'model_unavailable',
    });
  });

  describe('after tokens', () => {
    test.each([
      ['a malformed line', script().tokens('a', 'b').malformed()],
      ['an error line', script().tokens('a', 'b').errorLine(SECRET)],
      ['an error in the last line', script().tokens('a', 'b').line({ done: true, error: SECRET })],
      ['an end without done', script().tokens('a', 'b').end()],
      ['a closed connection', script().tokens('a', 'b').cut()],
      ['tokens and a malformed line in one write', script().tokens('a', 'b').malformed().joined()],
      ['half a line, then the end', script().tokens('a', 'b').raw('{"mess').end()],
    ])('%s: 503, the tokens stay, no retry', async (_, scripted) => {
      const { error, tokens, attempts } = await failureOf(scripted);
      expect(error).toMatchObject({ status: 503, reason: 'model_unavailable' });
      expect(tokens).toEqual(['a', 'b']);
      expect(attempts).toBe(1);
    });

    test('a reset: 503, the tokens stay, no retry', async () => {
      const gate = new Gate();
      fake.next(script().tokens('a', 'b').wait(gate).reset());
      const { sink, end } = startChat(ollama({ retries: 3 }));
      await sink.reached(2);
      gate.open();
      await expect(end).rejects.toMatchObject({ status: 503, reason: 'model_unavailable' });
      expect(sink.tokens).toEqual(['a', 'b']);
      expect(fake.chats).toHaveLength(1);
    });

    test('no text of the answer reaches the error or its causes', async () => {
      const { error } = await failureOf(script().tokens('a').malformed());
      for (let cause = error; cause instanceof Error; cause = cause.cause) {
        expect(`${cause.message} ${cause.stack}`).not.toContain('secr');
      }
    });
  });

  describe('silence', () => {
    test.each([
      ['before the headers', script().hang(), []],
      ['after the headers', script().headers().hang(), []],
      ['between tokens', script().tokens('a').hang(), ['a']],
    ])('%s: 504, connection closed, no retry', async (_, scripted, before) => {
      fake.next(scripted);
      const { sink, end } = startChat(ollama({ retries: 3, timeoutMs: 80 }));
      await expect(end).rejects.toMatchObject({ status: 504, reason: 'model_silent' });
      expect(await (await fake.chat(0)).closed).toBe('client_left');
      expect(sink.tokens).toEqual(before);
      expect(fake.chats).toHaveLength(1);
      expect(await fake.connections()).toBe(0);
    });

    test('thinking is not silence, and not text', async () => {
      const thinking = script();
      for (let count = 0; count < 12; count += 1) thinking.thinking('hmm').pause(50);
      fake.next(thinking.tokens('42').done());
      const { sink, end } = startChat(ollama({ timeoutMs: 400 }));
      await end;
      expect(sink.tokens).toEqual(['42']);
    });
  });

  test('a server that never ends its response after done keeps nobody waiting', async () => {
    const gate = new Gate();
    const unfinished = script().tokens('a').done();
    unfinished.steps.splice(-1, 0, { kind: 'wait', until: gate.opened });
    fake.next(unfinished);
    const { sink, end } = startChat(ollama());
    await expect(end).resolves.toMatchObject({ finishReason: 'stop' });
    expect(sink.text).toBe('a');
    expect(await (await fake.chat(0)).closed).toBe('client_left');
    gate.open();
  });
});
