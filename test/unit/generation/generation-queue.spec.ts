import { GenerationQueue } from '../../../src/generation/live/generation-queue.js';
import { testSettings } from '../../support/settings.js';

function queueOf(maxConcurrent: number | null, maxQueued: number): GenerationQueue {
  return new GenerationQueue(testSettings({ generation: { maxConcurrent, maxQueued } }).generation);
}

const never = new AbortController().signal;

async function hasBegun(turn: Promise<void>): Promise<boolean> {
  let begun = false;
  void turn.then(
    () => (begun = true),
    () => undefined,
  );
  await new Promise(setImmediate);
  return begun;
}

describe('the queue of generations', () => {
  it('lets all run without a limit', async () => {
    const queue = queueOf(null, 0);
    const turns = Array.from({ length: 100 }, () => queue.reserve('c').ready(never));
    await Promise.all(turns);
  });

  it('serves in the order of arrival', async () => {
    const queue = queueOf(1, 10);
    const [a, b, c] = ['a', 'b', 'c'].map((client) => queue.reserve(client));
    await a?.ready(never);
    const second = b?.ready(never) ?? Promise.reject(new Error());
    const third = c?.ready(never) ?? Promise.reject(new Error());
    expect(await hasBegun(second)).toBe(false);
    a?.release();
    a?.release();
    expect(await hasBegun(second)).toBe(true);
    expect(await hasBegun(third)).toBe(false);
    b?.release();
    expect(await hasBegun(third)).toBe(true);
  });

  it('refuses beyond its bound and says when to come back', () => {
    const queue = queueOf(1, 4);
    for (const client of ['a', 'b', 'c', 'd', 'e']) queue.reserve(client);
    expect(() => queue.reserve('f')).toThrow(
      expect.objectContaining({ reason: 'queue_full', status: 503, retryAfter: 50 }) as Error,
    );
  });

  it('leaves room for others beside a greedy client', () => {
    const queue = queueOf(1, 8);
    for (let count = 0; count < 3; count += 1) queue.reserve('greedy');
    expect(() => queue.reserve('greedy')).toThrow(
      expect.objectContaining({ reason: 'queue_full' }) as Error,
    );
    queue.reserve('other');
  });

  it('gives up the place of one that was stopped while waiting', async () => {
    const queue = queueOf(1, 4);
    const first = queue.reserve('a');
    const stopped = queue.reserve('b');
    const next = queue.reserve('c').ready(never);
    const stop = new AbortController();
    const turn = stopped.ready(stop.signal);
    stop.abort(new Error('stopped'));
    await expect(turn).rejects.toThrow('stopped');
    stopped.release();
    first.release();
    expect(await hasBegun(next)).toBe(true);
  });
});
