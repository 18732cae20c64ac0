import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import { jest } from '@jest/globals';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { FlexibleLimiter } from '../../src/rate-limit/flexible-limiter.js';
import type { Limiter } from '../../src/rate-limit/limiter.js';
import { MemoryLimiter } from '../../src/rate-limit/memory-limiter.js';
import { ResilientLimiter } from '../../src/rate-limit/resilient-limiter.js';
import { RecordingLogger } from '../support/recording-logger.js';

describe('the memory limiter', () => {
  let now = 0;
  beforeEach(() => {
    now = 1_000_000;
  });

  it('lets a client in as often as its limit says, and tells it when to come back', async () => {
    const limiter = new MemoryLimiter(2, () => now);
    expect(await limiter.consume('a')).toEqual({ consumed: 1, msLeft: 60_000, blocked: false });
    now += 20_000;
    expect(await limiter.consume('a')).toEqual({ consumed: 2, msLeft: 40_000, blocked: false });
    now += 500;
    expect(await limiter.consume('a')).toEqual({ consumed: 3, msLeft: 39_500, blocked: true });
    expect((await limiter.consume('b')).blocked).toBe(false);
  });

  it('a client that waits as long as it was told is let in, however often it tried before', async () => {
    const limiter = new MemoryLimiter(1, () => now);
    await limiter.consume('a');
    now += 30_000;
    const refused = await limiter.consume('a');
    await limiter.consume('a');
    now += Math.ceil(refused.msLeft / 1000) * 1000;
    expect(await limiter.consume('a')).toMatchObject({ consumed: 1, blocked: false });
  });

  it('forgets clients whose window is over', async () => {
    const limiter = new MemoryLimiter(1, () => now);
    await limiter.consume('a');
    now += 30_000;
    await limiter.consume('b');
    now += 30_000;
    await limiter.consume('c');
    expect(limiter.size).toBe(2);
    now += 60_000;
    await limiter.consume('c');
    expect(limiter.size).toBe(1);
  });

  it('does not grow with the number of clients, and forgives the oldest', async () => {
    const limiter = new MemoryLimiter(1, () => now, 100);
    for (let client = 0; client < 1000; client += 1) await limiter.consume(`client ${client}`);
    expect(limiter.size).toBe(100);
    expect((await limiter.consume('client 999')).blocked).toBe(true);
    expect((await limiter.consume('client 0')).blocked).toBe(false);
  });
});

describe("rate-limiter-flexible's limiters", () => {
  it('speak our language', async () => {
    const limiter = new FlexibleLimiter(new RateLimiterMemory({ points: 1, duration: 60 }));
    expect(limiter.limit).toBe(1);
    expect(await limiter.consume('a')).toMatchObject({ consumed: 1, blocked: false });
    const refused = await limiter.consume('a');
    expect(refused).toMatchObject({ consumed: 2, blocked: true });
    expect(refused.msLeft).toBeGreaterThan(0);
    expect(refused.msLeft).toBeLessThanOrEqual(60_000);
  });

  it('keep their failures apart from their refusals', async () => {
    const limiter = new RateLimiterMemory({ points: 1, duration: 60 });
    jest.spyOn(limiter, 'consume').mockRejectedValue(new Error('connection lost'));
    await expect(new FlexibleLimiter(limiter).consume('a')).rejects.toThrow('connection lost');
  });
});

describe('a shared limiter whose store fails', () => {
  let now: number;
  let logger: RecordingLogger;
  let broken: boolean;
  let asked: number;
  const shared: Limiter = {
    limit: 5,
    consume: async () => {
      asked += 1;
      if (broken) throw new Error('connection lost');
      return { consumed: 4, msLeft: 1000, blocked: false };
    },
  };
  const make = (store: Limiter = shared): ResilientLimiter =>
    new ResilientLimiter(store, new MemoryLimiter(1, () => now), logger, 250, () => now);

  beforeEach(() => {
    now = 0;
    logger = new RecordingLogger();
    broken = false;
    asked = 0;
  });

  it('is asked while it answers', async () => {
    expect(await make().consume('a')).toMatchObject({ consumed: 4, blocked: false });
    expect(logger.records).toEqual([]);
  });

  it('gives way to a local limit, is left alone for a second, and is logged once an outage', async () => {
    const limiter = make();
    broken = true;
    expect(await limiter.consume('a')).toMatchObject({ consumed: 1, blocked: false });
    expect(await limiter.consume('a')).toMatchObject({ consumed: 2, blocked: true });
    expect(asked).toBe(1);
    now += 1000;
    await limiter.consume('a');
    expect(asked).toBe(2);
    broken = false;
    now += 1000;
    expect(await limiter.consume('a')).toMatchObject({ consumed: 4 });
    expect(logger.records.map(({ level, message }) => [level, message])).toEqual([
      ['warn', 'The shared rate limit cannot be reached: limiting locally'],
      ['info', 'The shared rate limit is reached again'],
    ]);
  });

  it('gives nobody a second budget: what the process let through counts', async () => {
    const limiter = make();
    await limiter.consume('a');
    broken = true;
    expect(await limiter.consume('a')).toMatchObject({ consumed: 2, blocked: true });
  });

  it('does not hold a request when it never answers', async () => {
    jest.useFakeTimers();
    try {
      const limiter = make({ limit: 5, consume: () => new Promise(() => undefined) });
      const count = limiter.consume('a');
      await jest.advanceTimersByTimeAsync(251);
      expect(await count).toMatchObject({ consumed: 1, blocked: false });
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  it('has answered in time when only this process was too busy to look', async () => {
    const { port1, port2 } = new MessageChannel();
    const answered = once(port1, 'message').then(() => ({
      consumed: 4,
      msLeft: 1000,
      blocked: false,
    }));
    const count = make({ limit: 5, consume: () => answered }).consume('a');
    // From there timers come before what has arrived.
    setImmediate(() => {
      port2.postMessage('the answer');
      const busyUntil = performance.now() + 300;
      while (performance.now() < busyUntil);
    });
    expect(await count).toMatchObject({ consumed: 4 });
    port1.close();
  });

  it('may fail after its time without harm', async () => {
    jest.useFakeTimers();
    try {
      let fail: (error: Error) => void = () => undefined;
      const limiter = make({
        limit: 5,
        consume: () => new Promise((_resolve, reject) => (fail = reject)),
      });
      const count = limiter.consume('a');
      await jest.advanceTimersByTimeAsync(251);
      await count;
      fail(new Error('too late to matter'));
      await jest.advanceTimersByTimeAsync(1);
    } finally {
      jest.useRealTimers();
    }
  });
});
