import { causeText } from '../../../src/common/errors/cause-text.js';
import { start } from './chat-model.js';
import { SECRET, type Refusal, type TransportUnderTest } from './subject.js';

const unavailable = { name: 'AppError', status: 503, reason: 'model_unavailable' };

/** What a server of any kind does before an answer begins, and what it becomes. */
export function describeRefusals(name: string, make: () => Promise<TransportUnderTest>): void {
  describe(`${name} that gives no answer`, () => {
    let subject: TransportUnderTest;
    beforeEach(async () => {
      subject = await make();
    });
    afterEach(() => subject.dispose());

    const failureOf = async (refusal: Refusal) => {
      subject.nextRefusal(refusal);
      const { sink, end } = start(subject, { retries: 3 });
      const error = await end.catch((reason: unknown) => reason);
      expect(sink.tokens).toEqual([]);
      return error as Error;
    };

    test.each<Refusal>([
      { status: 429, body: 'an error' },
      { status: 502, body: 'html' },
      { status: 503, body: 'an error' },
    ])('passes: $status with $body is tried again', async (refusal) => {
      subject.nextRefusal(refusal);
      subject.next({ does: 'answer', tokens: ['Hi'] });
      const { sink, end } = start(subject, { retries: 3 });
      await end;
      expect([sink.text, subject.requests()]).toEqual(['Hi', 2]);
    });

    test('nobody listens: 503 after the retries', async () => {
      await subject.stop();
      await expect(start(subject, { retries: 1 }).end).rejects.toMatchObject(unavailable);
    });

    test.each<Refusal>([
      { status: 500, body: 'an error' },
      { status: 501, body: 'html' },
      { status: 504, body: 'html' },
      { status: 200, body: 'html' },
      { status: 200, body: 'json' },
      { status: 200, body: 'nothing' },
      { status: 400, body: 'html' },
      { status: 404, body: 'html' },
      { status: 408, body: 'an error' },
      { status: 413, body: 'html' },
      { status: 422, body: 'html' },
      { status: 302, body: 'nothing' },
      { status: 307, body: 'an error' },
    ])('does not pass: $status with $body is 503 at once', async (refusal) => {
      const error = await failureOf(refusal);
      expect(error).toMatchObject(unavailable);
      expect(error.message).not.toMatch(/secret|html/);
      expect(subject.requests()).toBe(1);
    });

    test.each([401, 403, 407])('%d: 503 at once, and the log says why', async (status) => {
      const error = await failureOf({ status, body: 'an error' });
      expect(error).toMatchObject(unavailable);
      expect(causeText(error)).toMatch(/credentials are missing or wrong/);
      expect(causeText(error)).toContain(subject.variables.credentials);
      expect(causeText(error)).not.toContain(SECRET);
      expect(subject.requests()).toBe(1);
    });

    test('a redirect names the variable in the log', async () => {
      const error = await failureOf({ status: 308, body: 'nothing' });
      expect(causeText(error)).toContain(subject.variables.address);
    });

    test.each([413, 422])('%d with an error is the request’s: 400 validation', async (status) => {
      const error = await failureOf({ status, body: 'an error' });
      expect(error).toMatchObject({ status: 400, reason: 'validation', retryAfter: undefined });
      expect(error.message).not.toContain(SECRET);
      expect(subject.requests()).toBe(1);
    });
  });
}
