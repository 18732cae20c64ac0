import { Gate } from '../../support/fake-ollama.js';
import { start } from './chat-model.js';
import { FAULTS, type TransportUnderTest } from './subject.js';

/** What needs the bytes: our own transports do it, a LangChain model over its vendor's client may not. */
export function describeTransport(name: string, make: () => Promise<TransportUnderTest>): void {
  describe(`${name} over its own transport`, () => {
    let subject: TransportUnderTest;
    beforeEach(async () => {
      subject = await make();
    });
    afterEach(() => subject.dispose());

    test.each(['a byte a write', 'all in one write'] as const)('reads %s', async (framing) => {
      subject.nextFramed(['é', '😀', '日本', '\n'], framing);
      const { sink, end } = start(subject);
      await end;
      expect(sink.tokens).toEqual(['é', '😀', '日本', '\n']);
    });

    test('wakes readers once for what arrives together', async () => {
      subject.nextFramed(['a', 'b', 'c'], 'all in one write');
      const { sink, end } = start(subject);
      await end;
      expect(sink.flushes).toBeLessThan(3);
    });

    test.each(FAULTS)('%s: the tokens before it, model_unavailable, no retry', async (fault) => {
      const gate = new Gate();
      subject.nextFault(['a', 'b'], fault, gate.opened);
      const { sink, end } = start(subject, { retries: 3 });
      await sink.reached(2);
      gate.open();
      await expect(end).rejects.toMatchObject({ status: 503, reason: 'model_unavailable' });
      expect(sink.tokens).toEqual(['a', 'b']);
      expect(subject.requests()).toBe(1);
    });

    test('no text of the answer reaches an error or its causes', async () => {
      subject.nextFault(['a'], 'a line that cannot be parsed');
      const error: unknown = await start(subject).end.catch((reason: unknown) => reason);
      for (let cause = error; cause instanceof Error; cause = cause.cause) {
        expect(`${cause.message} ${cause.stack}`).not.toContain('secr');
      }
    });

    describe('the connection to the server is closed before the answer is rejected', () => {
      test.each([
        ['during the prompt', []],
        ['between tokens', ['a']],
      ])('by an abort %s', async (_, after) => {
        subject.next({ does: 'hang', after });
        const { sink, abort, end } = start(subject);
        await subject.arrived(0);
        await sink.reached(after.length);
        abort.abort(new Error('left'));
        await expect(end).rejects.toThrow('left');
        await subject.closedByUs(0);
        expect(await subject.connections()).toBe(0);
      });

      test('by silence', async () => {
        subject.next({ does: 'hang', after: [] });
        const { end } = start(subject, { timeoutMs: 300 });
        await expect(end).rejects.toMatchObject({ reason: 'model_silent' });
        await subject.closedByUs(0);
      });

      test('by a sink that throws', async () => {
        subject.next({ does: 'hang', after: ['a'] });
        const { sink, end } = start(subject);
        sink.token = () => {
          throw new Error('the log is full');
        };
        await expect(end).rejects.toThrow('the log is full');
        await subject.closedByUs(0);
      });
    });

    test('an abort closes its own connection only', async () => {
      const gate = new Gate();
      subject.next({ does: 'hang', after: [] });
      subject.nextHeld(['a', 'b'], gate.opened);
      const model = subject.model();
      const same = { ...subject, model: () => model };
      const first = start(same);
      await subject.arrived(0);
      const second = start(same);
      await subject.arrived(1);
      first.abort.abort();
      await subject.closedByUs(0);
      gate.open();
      await second.end;
      expect(second.sink.text).toBe('ab');
    });

    test('connections are reused', async () => {
      for (let count = 0; count < 5; count += 1) {
        subject.next({ does: 'answer', tokens: ['a'] });
        await start(subject).end;
      }
      expect(await subject.connections()).toBe(1);
    });

    test('a reused connection that the server has closed costs no attempt', async () => {
      subject.next({ does: 'answer', tokens: ['one'] });
      await start(subject, { retries: 0 }).end;
      subject.nextFault([], 'a reset connection');
      subject.next({ does: 'answer', tokens: ['two'] });
      const { sink, end } = start(subject, { retries: 0 });
      await end;
      expect(sink.text).toBe('two');
    });
  });
}
