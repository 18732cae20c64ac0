import { orderedUuid } from '../../src/common/ordered-uuid.js';

const VERSION_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const timeOf = (id: string) => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);

describe('An ordered UUID', () => {
  it('is one of version 7 with the time in it', () => {
    const before = Date.now();
    const id = orderedUuid();
    expect(id).toMatch(VERSION_7);
    expect(timeOf(id)).toBeGreaterThanOrEqual(before);
  });

  it('is greater than each before it, in one millisecond and when the clock goes back', () => {
    const now = Date.now() + 60_000;
    const ids = Array.from({ length: 20_000 }, () => orderedUuid(now));
    ids.push(orderedUuid(now - 5_000));
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(VERSION_7);
  });

  it('is not the successor of the one before it', () => {
    const random = new Set(Array.from({ length: 100 }, () => orderedUuid().slice(-12)));
    expect(random.size).toBe(100);
  });
});
