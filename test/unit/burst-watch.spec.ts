import { BurstWatch } from '../../src/memory/burst-watch.js';

const MIB = 1024 * 1024;

describe('the memory that the start has left', () => {
  const sample = { atMs: 5_000, memory: 100 * MIB, calm: true, busy: false };

  it('is given back once, as soon as nothing is done', () => {
    const watch = new BurstWatch(100 * MIB);
    expect(watch.due({ ...sample, calm: false })).toBe(false);
    expect(watch.due({ ...sample, busy: true })).toBe(false);
    expect(watch.due(sample)).toBe(true);
    watch.collected({ atMs: 5_000, memory: 80 * MIB });
    expect(watch.due({ ...sample, atMs: 60_000 })).toBe(false);
  });
});

describe('the memory that a burst has left', () => {
  let watch: BurstWatch;
  let atMs: number;

  beforeEach(() => {
    watch = new BurstWatch(100 * MIB);
    watch.collected({ atMs: -60_000, memory: 100 * MIB });
    atMs = 0;
  });

  const due = (mib: number, { calm = true, busy = false } = {}): boolean => {
    atMs += 5_000;
    return watch.due({ atMs, memory: mib * MIB, calm, busy });
  };

  it('is given back once it does not grow any more', () => {
    expect([100, 300, 500, 500].map((mib) => due(mib))).toEqual([false, false, false, true]);
  });

  it('is left where it is little, or where there is much to do', () => {
    expect([100, 160, 160].map((mib) => due(mib))).toEqual([false, false, false]);
    expect(due(500, { calm: false })).toBe(false);
    expect(due(500, { calm: false })).toBe(false);
    expect(due(500)).toBe(true);
  });

  it('is collected once more where the burst was in use still, and not for ever', () => {
    expect([100, 500, 500].map((mib) => due(mib))).toEqual([false, false, true]);
    watch.collected({ atMs, memory: 400 * MIB });
    atMs += 25_000;
    expect(due(400)).toBe(true);
    watch.collected({ atMs, memory: 400 * MIB });
    atMs += 60_000;
    expect([400, 450].map((mib) => due(mib))).toEqual([false, false]);
  });

  it('is left while answers are generated, unless it is very much', () => {
    expect([100, 220, 220].map((mib) => due(mib, { busy: true }))).toEqual([false, false, false]);
    expect(due(220)).toBe(true);
    watch.collected({ atMs, memory: 100 * MIB });
    atMs += 30_000;
    expect([300, 300].map((mib) => due(mib, { busy: true }))).toEqual([false, true]);
  });

  it('is measured from what was left, and not asked for all the time', () => {
    expect([100, 500, 500].map((mib) => due(mib))).toEqual([false, false, true]);
    watch.collected({ atMs, memory: 400 * MIB });
    expect([400, 450, 450].map((mib) => due(mib))).toEqual([false, false, false]);
    expect([500, 500].map((mib) => due(mib))).toEqual([false, false]);
    expect(due(500)).toBe(true);
    watch.collected({ atMs, memory: 100 * MIB });
    expect(Array.from({ length: 7 }, () => due(500))).toEqual([
      ...Array<boolean>(5).fill(false),
      true,
      true,
    ]);
  });
});
