import { ConversationIndex, type IndexEntry } from '../../../src/store/local/conversation-index.js';

/** Small numbers that repeat, from a seed: the same run each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state % below;
  };
}

const entryOf = (id: number, updatedAt: number): IndexEntry => ({
  id: `c${String(id)}`,
  title: 't',
  createdAt: 0,
  updatedAt,
  messageCount: 0,
});

describe('the index of conversations', () => {
  it('stays in order through any changes, ties by id', () => {
    const index = new ConversationIndex();
    const known = new Map<string, IndexEntry>();
    const next = numbers(7);
    for (let step = 0; step < 2_000; step += 1) {
      const entry = entryOf(next(40), next(30));
      if (next(4) === 0) {
        index.remove('o', entry.id);
        known.delete(entry.id);
      } else {
        index.put('o', entry);
        known.set(entry.id, entry);
      }
      const expected = [...known.values()].sort(
        (a, b) => b.updatedAt - a.updatedAt || (a.id < b.id ? -1 : 1),
      );
      expect(index.newestFirst('o')).toEqual(expected);
    }
  });
});
