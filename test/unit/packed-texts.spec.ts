import { PackedTexts } from '../../src/domain/packed-texts.js';

const TEXTS = ['The', ' sky', '', ' 🙂', ' für', '\ud83d', '\n'];

describe('Packed texts', () => {
  it('are each what they were', () => {
    const packed = new PackedTexts(TEXTS);
    expect(packed.length).toBe(TEXTS.length);
    expect(TEXTS.map((_, index) => packed.at(index))).toEqual(TEXTS);
    expect(packed.whole()).toBe(TEXTS.join(''));
  });

  it.each([0, 1, 3, 6, 7, 20])('are the same from number %d on', (index) => {
    expect(new PackedTexts(TEXTS).from(index)).toEqual(TEXTS.slice(index));
  });

  it.each([0, 1, 4, 7])('may be added to: %d before, the rest after', (index) => {
    const packed = new PackedTexts(TEXTS.slice(0, index));
    packed.add(TEXTS.slice(index));
    expect([packed.from(0), packed.whole()]).toEqual([TEXTS, TEXTS.join('')]);
  });

  it('may be none', () => {
    const packed = new PackedTexts([]);
    expect([packed.length, packed.whole(), packed.from(0)]).toEqual([0, '', []]);
  });
});
