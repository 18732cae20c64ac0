import { jest } from '@jest/globals';
import { withRetries } from '../../src/models/providers/ollama/transport/retry.js';
import { TransientFailure } from '../../src/models/providers/ollama/transport/transient-failure.js';

describe('withRetries', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const policy = (retries: number) => ({ retries, withinMs: 8_000, firstPauseMs: 200 });

  /** Lets the attempts fail, each after `takesMs`; gives the times at which they began. */
  async function failing(retries: number, takesMs = 0) {
    const begun: number[] = [];
    const start = performance.now();
    const attempt = async () => {
      begun.push(performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, takesMs));
      throw new TransientFailure('busy');
    };
    const failure = withRetries(attempt, policy(retries)).catch((error: unknown) => error);
    await jest.advanceTimersByTimeAsync(60_000);
    return { begun, failure: await failure };
  }

  test.each([0, 1, 3, 10])('%d retries: 1 + retries attempts, within eight seconds', async (n) => {
    const { begun, failure } = await failing(n);
    expect(begun).toHaveLength(n + 1);
    expect(begun.at(-1)).toBeLessThan(8_000);
    expect(failure).toMatchObject({ reason: 'model_unavailable' });
    expect(jest.getTimerCount()).toBe(0);
  });

  test('the pauses grow', async () => {
    const { begun } = await failing(3);
    const pauses = begun.slice(1).map((time, index) => time - (begun[index] ?? 0));
    expect(pauses[0]).toBeLessThanOrEqual(201);
    expect(pauses[2]).toBeGreaterThanOrEqual(400);
  });

  test('slow attempts are not begun anew after eight seconds', async () => {
    const { begun } = await failing(10, 5_000);
    expect(begun).toHaveLength(2);
  });

  test('an abort ends the pause at once and leaves no timer', async () => {
    const abort = new AbortController();
    const attempt = jest.fn(async () => {
      throw new TransientFailure('busy');
    });
    const end = withRetries(attempt, policy(3), abort.signal).catch((error: unknown) => error);
    await jest.advanceTimersByTimeAsync(0);
    abort.abort(new Error('left'));
    expect(await end).toMatchObject({ message: 'left' });
    expect(attempt).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });
});
