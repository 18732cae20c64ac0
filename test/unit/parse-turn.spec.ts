import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseTurn } from '../../src/common/http/body/parse-turn.js';

const LARGE = 256 * 1024;

/** Stands for parsing. */
function useProcessor(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe('the turn of a body to be parsed', () => {
  /** Turns of the event loop that others have until `turn` comes. */
  async function turnsUntil(turn: Promise<void>): Promise<number> {
    const state = { come: false };
    void turn.then(() => (state.come = true));
    await Promise.resolve();
    let turns = 0;
    for (; !state.come; turns += 1) await nextTurn();
    return turns;
  }

  it('comes at once where no large body was parsed just now, for a small one always', async () => {
    expect(await turnsUntil(parseTurn(LARGE))).toBeLessThan(2);
    useProcessor(30);
    expect(await turnsUntil(parseTurn(100))).toBeLessThan(2);
  });

  it('comes for a large body when others had time after each large one before', async () => {
    const parsed: number[] = [];
    const parse = async (index: number): Promise<void> => {
      await parseTurn(LARGE);
      parsed.push(index);
      useProcessor(30);
    };
    const all = [0, 1, 2].map(parse);
    for (const already of [1, 2]) {
      let turns = 0;
      for (; parsed.length <= already; turns += 1) await nextTurn();
      expect(turns).toBeGreaterThan(5);
    }
    await Promise.all(all);
    expect(parsed).toEqual([0, 1, 2]);
  });
});
