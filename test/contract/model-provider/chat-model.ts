import { jest } from '@jest/globals';
import { HumanMessage } from '@langchain/core/messages';
import { getEventListeners } from 'node:events';
import { inspect } from 'node:util';
import { causeText } from '../../../src/common/errors/cause-text.js';
import { NOTHING_MORE } from '../../../src/domain/model.js';
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
export function start(subject: ChatModelUnderTest, options: ChatOptions = {}, asked = USUAL) {
  const sink = new CollectingSink();
  const abort = new AbortController();
  const messages = [new HumanMessage('Hello, how are you?')];
  const end = subject
    .model(options, asked)
    .streamTokens(messages, sink, abort.signal, NOTHING_MORE);
  // Tests await it where they check it; until then a rejection must not be unhandled.
  end.catch(() => undefined);
  return { sink, abort, end };
}

/** What every chat model behind the port does, whatever is below it. */
export function describeChatModel(name: string, make: () => Promise<ChatModelUnderTest>): void {
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

    describe('the request', () => {
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

    describe('silence', () => {
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
      test('that may pass are retried before the first token', async () => {
        prepare({ does: 'be busy' }, { does: 'be busy' }, { does: 'answer', tokens: ['Hi', '!'] });
        const { sink, end } = start(subject, { retries: 3 });
        await end;
        expect(sink.text).toBe('Hi!');
        expect(subject.requests()).toBe(3);
        const warnings = subject.logger.lines.filter(({ level }) => level === 'warn');
        expect(warnings).toMatchObject([{ fields: { retries: 2 } }]);
      });

      test.each([0, 2])('%d retries are as many further attempts', async (retries) => {
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

      test.each([
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

      test('during the pause before a retry: its reason, and no further attempt', async () => {
        prepare({ does: 'be busy' });
        const { abort, end } = start(subject, { retries: 3 });
        await requested(1);
        abort.abort(new Error('left'));
        await expect(end).rejects.toThrow('left');
        expect(subject.requests()).toBe(1);
      });

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
