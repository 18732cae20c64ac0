import { PackedPieces } from '../../src/domain/packed-pieces.js';
import type { Piece } from '../../src/domain/parts.js';

const TEXTS = ['The', ' sky', '', ' 🙂', ' für', '\ud83d', '\n'];
const MIXED: Piece[] = [
  { thinking: 'Hm' },
  { thinking: ', so' },
  'The',
  ' sky',
  { toolCall: { id: '1', name: 'look', arguments: { up: null } } },
  { toolCall: { id: '2', name: 'look', arguments: null, argumentsText: '{"up' } },
  { thinking: '' },
  '.',
];

describe.each([
  ['texts', TEXTS, TEXTS.join('')],
  ['pieces of all kinds', MIXED, 'The sky.'],
])('Packed %s', (_name, pieces, text) => {
  it('are each what they were', () => {
    const packed = new PackedPieces(pieces);
    expect(packed.length).toBe(pieces.length);
    expect(pieces.map((_, index) => packed.at(index))).toEqual(pieces);
    expect(packed.text()).toBe(text);
  });

  it.each([0, 1, 3, 6, 7, 20])('are the same from number %d on', (index) => {
    expect(new PackedPieces(pieces).from(index)).toEqual(pieces.slice(index));
  });

  it.each([0, 1, 2, 3, 4, 5, 7])('may be added to: %d before, the rest after', (index) => {
    const packed = new PackedPieces(pieces.slice(0, index));
    packed.add(pieces.slice(index));
    expect([packed.from(0), packed.text()]).toEqual([pieces, text]);
  });
});

it('Packed pieces may be none', () => {
  const packed = new PackedPieces([]);
  expect([packed.length, packed.text(), packed.from(0)]).toEqual([0, '', []]);
});
