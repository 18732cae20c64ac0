import { Deaths } from '../../../src/cluster/deaths.js';

describe('deaths of workers', () => {
  let now: number;
  let deaths: Deaths;
  beforeEach(() => {
    now = 5_000_000;
    deaths = new Deaths(() => now);
  });

  it('are made good after growing pauses, until there are five in a minute', () => {
    expect(deaths.add()).toBe(0);
    const pauses = [deaths.add(), deaths.add(), deaths.add()];
    expect(pauses).toEqual([...pauses].sort((a, b) => Number(a) - Number(b)));
    expect(pauses[0]).toBeGreaterThan(0);
    now += 59_999;
    expect(deaths.add()).toBeNull();
  });

  it('are forgotten after a minute', () => {
    for (let count = 0; count < 20; count += 1) {
      expect(deaths.add()).not.toBeNull();
      now += 15_001;
    }
    now += 60_000;
    expect(deaths.add()).toBe(0);
  });
});
