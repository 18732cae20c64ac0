import { OwnedMap } from '../../../src/store/local/owned-map.js';

describe('A map by owner and id', () => {
  it('keeps the same id of two owners apart', () => {
    const map = new OwnedMap<number>();
    map.set('ada', 'x', 1);
    map.set('bob', 'x', 2);
    expect([map.get('ada', 'x'), map.get('bob', 'x'), map.get('eve', 'x')]).toEqual([
      1,
      2,
      undefined,
    ]);
    expect(map.delete('ada', 'x')).toBe(true);
    expect([map.get('ada', 'x'), map.get('bob', 'x')]).toEqual([undefined, 2]);
  });

  it('counts what it has, and gives all of it', () => {
    const map = new OwnedMap<number>();
    map.set('ada', 'x', 1);
    map.set('ada', 'x', 3);
    map.set('ada', 'y', 4);
    map.set('bob', 'x', 2);
    expect(map.size).toBe(3);
    expect(map.values().sort()).toEqual([2, 3, 4]);
    expect([map.delete('ada', 'z'), map.delete('eve', 'x')]).toEqual([false, false]);
    expect(map.delete('ada', 'x')).toBe(true);
    expect(map.size).toBe(2);
  });
});
