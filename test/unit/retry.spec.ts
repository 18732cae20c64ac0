import { jest } from '@jest/globals';
import { retry } from '../../src/common/retry.js';

const BUSY = new Error('busy');

describe('retry', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const options = (retries?: number) => ({
    ...(retries !== undefined && { retries }),
    withinMs: 8_000,
    firstDelayMs: 200,
    retryable: (error: unknown) => error === BUSY,
  });

  /** Lets the attempts fail, each after `takesMs`; gives the times at which they began. */
  async function failing(retries?: number, takesMs = 0) {
    const begun: number[] = [];
    const start = performance.now();
    const attempt = async () => {
      begun.push(performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, takesMs));
      throw BUSY;
    };
    const failure = retry(attempt, options(retries)).catch((error: unknown) => error);
    await jest.advanceTimersByTimeAsync(60_000);
    return { begun, failure: await failure };
  }

  test.each([0, 1, 3, 10])('%d retries: 1 + retries attempts, within eight seconds', async (n) => {
    const { begun, failure } = await failing(n);
    expect(begun).toHaveLength(n + 1);
    expect(begun.at(-1)).toBeLessThan(8_000);
    expect(failure).toBe(BUSY);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('without a number: as many as there is time for', async () => {
    const { begun, failure } = await failing();
    expect(begun.length).toBeGreaterThan(3);
    expect(begun.at(-1)).toBeLessThan(8_000);
    expect(failure).toBe(BUSY);
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

  test('other failures are thrown at once', async () => {
    const attempt = jest.fn(async () => {
      throw new Error('wrong');
    });
    await expect(retry(attempt, options(3))).rejects.toThrow('wrong');
    expect(attempt).toHaveBeenCalledTimes(1);
  });

  test('an abort ends the pause at once and leaves no timer', async () => {
    const abort = new AbortController();
    const attempt = jest.fn(async () => {
      throw BUSY;
    });
    const end = retry(attempt, { ...options(3), signal: abort.signal }).catch(
      (error: unknown) => error,
    );
    await jest.advanceTimersByTimeAsync(0);
    abort.abort(new Error('left'));
    expect(await end).toMatchObject({ message: 'left' });
    expect(attempt).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });
});
