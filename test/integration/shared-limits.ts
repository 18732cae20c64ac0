import { WINDOW_SECONDS } from '../../src/rate-limit/limiter.js';
import type { StoreLimiter } from '../../src/rate-limit/store-limiter.js';

export const LIMIT = 5;

/** So many requests of one client. */
export const repeated = (client: string, times: number): string[] =>
  Array.from({ length: times }, () => client);

/** All at once, from all nodes in turn. */
export const floodOf = (limiters: () => StoreLimiter[]) => (clients: string[]) => {
  const nodes = limiters();
  return Promise.all(clients.map((client, index) => nodes[index % nodes.length]!.consume(client)));
};

/**
 * What limits of several nodes on one database hold to.
 *
 * @param endWindows - lets the window of every client be over
 */
export function sharedLimits(limiters: () => StoreLimiter[], endWindows: () => Promise<unknown>) {
  const flood = floodOf(limiters);

  it('let exactly the limit of a flood through, and number its requests one by one', async () => {
    const counts = await flood(repeated('a', 90));
    expect(counts.filter(({ blocked }) => !blocked)).toHaveLength(LIMIT);
    expect(counts.map(({ consumed }) => consumed).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 90 }, (_, index) => index + 1),
    );
    for (const { msLeft } of counts) {
      expect(msLeft).toBeGreaterThan(0);
      expect(msLeft).toBeLessThanOrEqual(WINDOW_SECONDS * 1000);
    }
  });

  it('begin anew once the window is over, once for all nodes', async () => {
    await flood(repeated('a', 10));
    await endWindows();
    const counts = await flood(repeated('a', 30));
    expect(counts.filter(({ blocked }) => !blocked)).toHaveLength(LIMIT);
  });

  it('go by the clock of the server, whatever that of a node says', async () => {
    const here = Date.now;
    const [first, second] = limiters();
    try {
      Date.now = () => here() + 300_000;
      const early = await first!.consume('a');
      Date.now = () => here() - 300_000;
      const late = await second!.consume('a');
      expect([early.consumed, late.consumed]).toEqual([1, 2]);
      for (const { msLeft } of [early, late]) expect(Math.ceil(msLeft / 1000)).toBe(WINDOW_SECONDS);
    } finally {
      Date.now = here;
    }
  });
}
