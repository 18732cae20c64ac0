import { jest } from '@jest/globals';
import { HumanMessage } from '@langchain/core/messages';
import { getEventListeners } from 'node:events';
import { inspect } from 'node:util';
import { causeText } from '../../../src/common/errors/cause-text.js';
import { NOTHING_MORE, type GivenToolCall, type ModelAsk } from '../../../src/domain/model.js';
import { CollectingSink } from '../../support/collecting-sink.js';
import {
  SECRET,
  USUAL,
  type Asked,
  type Behaviour,
  type ChatModelUnderTest,
  type ChatOptions,
} from './subject.js';

/** Begins an answer of the model. */
export function start(
  subject: ChatModelUnderTest,
  options: ChatOptions = {},
  asked = USUAL,
  ask: ModelAsk = NOTHING_MORE,
) {
  const sink = new CollectingSink();
  const abort = new AbortController();
  const messages = [new HumanMessage('Hello, how are you?')];
  const end = subject.model(options, asked).streamTokens(messages, sink, abort.signal, ask);
  // Tests await it where they check it; until then a rejection must not be unhandled.
  end.catch(() => undefined);
  return { sink, abort, end };
}

/** Stands for the tests of what a model does not have. */
const UNBOUND = {
  describe: () => undefined,
  test: Object.assign(() => undefined, { each: () => () => undefined }),
} as unknown as { describe: typeof describe; test: typeof test };

/**
 * What every chat model behind the port does, whatever is below it.
 *
 * @param options.asksServer whether below it is a server that is asked, may be silent or busy, and sends bytes
 */
export function describeChatModel(
  name: string,
  make: () => Promise<ChatModelUnderTest>,
  { asksServer = true } = {},
): void {
  const ofServer = asksServer ? { describe, test } : UNBOUND;
  describe(`${name} as a chat model`, () => {
    let subject: ChatModelUnderTest;
    beforeEach(async () => {
      subject = await make();
    });
    afterEach(() => subject.dispose());

    const prepare = (...behaviours: Behaviour[]): void => {
      for (const behaviour of behaviours) subject.next(behaviour);
    };
    const requested = async (count: number): Promise<void> => {
      while (subject.requests() < count) await new Promise(setImmediate);
    };
    const failureOf = (end: Promise<unknown>) => end.catch((error: unknown) => error);

    ofServer.describe('the request', () => {
      const other: Asked = {
        model: 'llama2:latest',
        temperature: 0.25,
        maxTokens: 77,
        topP: 0.5,
        stop: ['END', '\n\n'],
        contextTokens: 2048,
      };

      test.each([USUAL, other])('asks for what was asked for: %j', async (asked) => {
        prepare({ does: 'answer', tokens: ['a'] });
        await start(subject, {}, asked).end;
        expect(subject.lastRequest()).toEqual(asked);
      });
    });

    ofServer.describe('what is asked for beside text', () => {
      const weather = {
        name: 'get_weather',
        description: 'The weather in a city',
        parameters: { type: 'object', properties: { city: { type: ['string', 'null'] } } },
      };
      const schema = { type: 'object', properties: { a: { enum: [null, 1] } }, required: ['a'] };
      const asked = async (more: Partial<ModelAsk>) => {
        prepare({ does: 'answer', tokens: ['{}'] });
        await start(subject, {}, USUAL, { ...NOTHING_MORE, ...more }).end;
        return subject.lastAsk();
      };

      test('nothing, unless it is asked for', async () => {
        expect(await asked({})).toEqual({ format: null, tools: null });
      });

      test.each(['json', schema] as const)('a format: %j', async (format) => {
        expect(await asked({ format })).toEqual({ format, tools: null });
      });

      test('tools', async () => {
        expect(await asked({ tools: [weather] })).toEqual({ format: null, tools: [weather] });
      });

      test('leaves other requests alone', async () => {
        await asked({ format: 'json' });
        expect(await asked({})).toEqual({ format: null, tools: null });
      });
    });

    describe('thinking', () => {
      test('is given apart from the text, before it', async () => {
        const thoughts = ['Hm', ', so', '\ud83d', '\ude00.'];
        prepare({ does: 'answer', thoughts, tokens: ['The', ' sky'] });
        const { sink, end } = start(subject);
        expect(await end).toMatchObject({ finishReason: 'stop' });
        expect(sink.thoughts.join('')).toBe('Hm, so😀.');
        expect(sink.tokens).toEqual(['The', ' sky']);
      });

      ofServer.test('in tags at the head of the text is separated', async () => {
        prepare({ does: 'answer', tokens: ['<thi', 'nk>Hm</th', 'ink>\n', 'Yes'] });
        const { sink, end } = start(subject);
        await end;
        expect([sink.thoughts.join(''), sink.text]).toEqual(['Hm', 'Yes']);
      });
    });

    describe('tool calls', () => {
      const calls: GivenToolCall[] = [
        { id: 'a', name: 'get_weather', arguments: { city: 'Rome', days: [1, null] } },
        { id: 'b', name: 'get_weather', arguments: { city: 'Oslo "N"' } },
        { id: null, name: 'now', arguments: {} },
      ];
      const given = (sink: CollectingSink) =>
        sink.toolCalls.map(({ name, arguments: args }) => ({ name, arguments: args }));

      test('are given whole, each once, after what came before them', async () => {
        prepare({ does: 'answer', thoughts: ['Hm'], tokens: ['Let me', ' see\ud83d'], calls });
        const { sink, end } = start(subject);
        await end;
        expect(given(sink)).toEqual(calls.map(({ id: _, ...call }) => call));
        expect([sink.thoughts, sink.text]).toEqual([['Hm'], 'Let me see\ufffd']);
        expect(sink.order).toEqual(['thinking', 'text', 'text', 'text', 'call', 'call', 'call']);
      });

      test('without text', async () => {
        prepare({ does: 'answer', tokens: [], calls: calls.slice(0, 1) });
        const { sink, end } = start(subject);
        await end;
        expect(given(sink)).toHaveLength(1);
        expect(sink.tokens).toEqual([]);
      });
    });

    describe('the answer', () => {
      test('is given token by token, with its end', async () => {
        prepare({ does: 'answer', tokens: ['Quantum', ' computing', ' is'] });
        const { sink, end } = start(subject);
        expect(await end).toEqual({
          finishReason: 'stop',
          usage: { promptTokens: 12, completionTokens: 3 },
        });
        expect(sink.tokens).toEqual(['Quantum', ' computing', ' is']);
      });

      test('may end at the length that was asked for', async () => {
        prepare({ does: 'answer', tokens: ['a'], finishReason: 'length' });
        expect(await start(subject).end).toMatchObject({ finishReason: 'length' });
      });

      test('may have no text', async () => {
        prepare({ does: 'answer', tokens: [] });
        const { sink, end } = start(subject);
        expect(await end).toMatchObject({ finishReason: 'stop' });
        expect(sink.tokens).toEqual([]);
      });

      test('is given as it comes, a token does not wait for the next one', async () => {
        prepare({ does: 'hang', after: ['a'] });
        const { sink, abort } = start(subject);
        await sink.reached(1);
        expect(sink.tokens).toEqual(['a']);
        abort.abort();
      });

      test.each([
        ['half characters are joined', ['a\ud83d', '\ude00', 'b'], ['a', '😀', 'b']],
        ['half characters that stay alone are replaced', ['a\ud83d', 'b'], ['a', '\ufffdb']],
        ['also at the end', ['a', 'b\ud83d'], ['a', 'b', '\ufffd']],
        ['NUL is replaced', ['a\0', 'b'], ['a\ufffd', 'b']],
        ['empty tokens are left out', ['', 'a', '', 'b'], ['a', 'b']],
      ])('has clean text: %s', async (_, given, tokens) => {
        prepare({ does: 'answer', tokens: given });
        const { sink, end } = start(subject);
        await end;
        expect(sink.tokens).toEqual(tokens);
      });
    });

    ofServer.describe('silence', () => {
      test.each([
        ['before the first token', []],
        ['between tokens', ['a']],
      ])('%s: model_silent, without a retry', async (_, after) => {
        prepare({ does: 'hang', after });
        const { sink, end } = start(subject, { timeoutMs: 300, retries: 3 });
        expect(await failureOf(end)).toMatchObject({ status: 504, reason: 'model_silent' });
        expect(sink.tokens).toEqual(after);
        // On a busy machine the time may be up before the request has arrived.
        expect(subject.requests()).toBeLessThanOrEqual(1);
      });
    });

    describe('failures', () => {
      ofServer.test('that may pass are retried before the first token', async () => {
        prepare({ does: 'be busy' }, { does: 'be busy' }, { does: 'answer', tokens: ['Hi', '!'] });
        const { sink, end } = start(subject, { retries: 3 });
        await end;
        expect(sink.text).toBe('Hi!');
        expect(subject.requests()).toBe(3);
        const warnings = subject.logger.lines.filter(({ level }) => level === 'warn');
        expect(warnings).toMatchObject([{ fields: { retries: 2 } }]);
      });

      ofServer.test.each([0, 2])('%d retries are as many further attempts', async (retries) => {
        for (let count = 0; count <= retries; count += 1) prepare({ does: 'be busy' });
        const { end } = start(subject, { retries });
        expect(await failureOf(end)).toMatchObject({ status: 503, reason: 'model_unavailable' });
        expect(subject.requests()).toBe(retries + 1);
      });

      test.each([
        ['before the first token', []],
        ['after tokens', ['a', 'b']],
      ])('that do not pass are final: %s', async (_, after) => {
        prepare({ does: 'fail', after });
        const { sink, end } = start(subject, { retries: 3 });
        const error = await failureOf(end);
        expect(error).toMatchObject({ name: 'AppError', status: 503, reason: 'model_unavailable' });
        expect((error as Error).message).not.toContain(SECRET);
        expect(causeText(error)).toBeDefined();
        expect(sink.tokens).toEqual(after);
        expect(subject.requests()).toBe(1);
      });

      ofServer.test.each([
        ['a line', `{"message":{"content":"${SECRET}\n`],
        ['the rest of an answer that ends in a line', `{"message":{"content":"${SECRET}`],
      ])('%s that cannot be parsed: unusable, and nothing of it is printed', async (_, bytes) => {
        const print = (['debug', 'log', 'info', 'warn', 'error'] as const).map((level) =>
          jest.spyOn(console, level).mockReturnValue(),
        );
        prepare({ does: 'garble', after: ['a'], bytes });
        const { sink, end } = start(subject, { retries: 3 });
        const error = await failureOf(end);
        const printed = print.flatMap(({ mock }) => mock.calls);
        for (const spy of print) spy.mockRestore();
        expect(error).toMatchObject({ status: 503, reason: 'model_unavailable' });
        expect(sink.tokens).toEqual(['a']);
        expect(printed).toEqual([]);
        expect(inspect([error, subject.logger.records], { depth: 9 })).not.toContain(SECRET);
      });

      test('a model that is not there: model_not_found, at once', async () => {
        prepare({ does: 'miss the model' });
        const { end } = start(subject, { retries: 3 });
        expect(await failureOf(end)).toMatchObject({ status: 404, reason: 'model_not_found' });
        expect(subject.requests()).toBe(1);
      });

      test('of the sink are its own', async () => {
        prepare({ does: 'hang', after: ['a'] });
        const { sink, end } = start(subject, { retries: 3 });
        sink.token = () => {
          throw new Error('the log is full');
        };
        await expect(end).rejects.toThrow('the log is full');
        expect(subject.requests()).toBe(1);
      });
    });

    describe('an abort', () => {
      test('before the request: nothing is sent', async () => {
        const messages = [new HumanMessage('Hi')];
        const late = AbortSignal.abort(new Error('left'));
        const chat = subject
          .model()
          .streamTokens(messages, new CollectingSink(), late, NOTHING_MORE);
        await expect(chat).rejects.toThrow('left');
        expect(subject.requests()).toBe(0);
      });

      test.each([
        ['before the first token', []],
        ['between tokens', ['a', 'b']],
      ])('%s: its reason, and no token more', async (_, after) => {
        prepare({ does: 'hang', after });
        const { sink, abort, end } = start(subject, { retries: 3 });
        await requested(1);
        await sink.reached(after.length);
        abort.abort(new Error('left'));
        await expect(end).rejects.toThrow('left');
        expect(sink.tokens).toEqual(after);
        expect(subject.requests()).toBe(1);
      });

      ofServer.test(
        'during the pause before a retry: its reason, and no further attempt',
        async () => {
          prepare({ does: 'be busy' });
          const { abort, end } = start(subject, { retries: 3 });
          await requested(1);
          abort.abort(new Error('left'));
          await expect(end).rejects.toThrow('left');
          expect(subject.requests()).toBe(1);
        },
      );

      test('leaves other answers alone', async () => {
        prepare({ does: 'hang', after: ['a'] });
        const first = start(subject);
        await first.sink.reached(1);
        prepare({ does: 'hang', after: ['a', 'b'] });
        const second = start(subject);
        await second.sink.reached(2);
        first.abort.abort(new Error('left'));
        await expect(first.end).rejects.toThrow('left');
        prepare({ does: 'answer', tokens: ['c'] });
        const third = start(subject);
        await third.end;
        expect(third.sink.text).toBe('c');
        const ended = await Promise.race([second.end, Promise.resolve('still open')]);
        expect(ended).toBe('still open');
        second.abort.abort();
      });

      test('is not listened to after the end', async () => {
        prepare({ does: 'answer', tokens: ['a'] });
        const { abort, end } = start(subject);
        await end;
        expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0);
      });
    });
  });
}
