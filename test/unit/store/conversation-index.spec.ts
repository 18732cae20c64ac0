import type { ListFilter } from '../../../src/store/conversation-store.js';
import { ConversationIndex, type IndexEntry } from '../../../src/store/local/conversation-index.js';
import { newestFirst } from '../../contract/store/scene.js';

/** Small numbers that repeat, from a seed: the same run each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state % below;
  };
}

const TAGS = ['a', 'b', '\u{1F600}', '\uFFFD'];

function entryOf(id: number, next: (below: number) => number): IndexEntry {
  return {
    id: `c${String(id)}`,
    chatId: null,
    title: 't',
    titleBy: 'message',
    createdAt: next(30),
    updatedAt: next(30),
    messageCount: 0,
    messageTotal: 0,
    activeMessageId: null,
    revision: 1,
    model: null,
    tags: TAGS.filter(() => next(2) === 0),
    pinned: next(3) === 0,
    archived: next(3) === 0,
    forkedFrom: null,
    disposable: next(3) === 0,
    metadata: null,
  };
}

const FILTERS: Partial<ListFilter>[] = [
  {},
  { order: 'asc' },
  { sort: 'createdAt' },
  { archived: false },
  { archived: true, sort: 'createdAt', order: 'asc' },
  { pinned: true },
  { pinned: false, archived: false },
  { tag: 'a' },
  { tag: 'b', order: 'asc' },
  { tag: 'c' },
];

function expected(known: Iterable<IndexEntry>, filter: Partial<ListFilter>): IndexEntry[] {
  const { archived = null, pinned = null, tag = null, sort = 'updatedAt', order } = filter;
  const sign = order === 'asc' ? 1 : -1;
  return [...known]
    .filter((entry) => archived === null || entry.archived === archived)
    .filter((entry) => pinned === null || entry.pinned === pinned)
    .filter((entry) => tag === null || entry.tags.includes(tag))
    .sort((a, b) => sign * (a[sort] - b[sort]) || (a.id < b.id ? -1 : 1));
}

describe('the index of conversations', () => {
  it('has every list in order and every tag counted through any changes', () => {
    const index = new ConversationIndex();
    const known = new Map<string, IndexEntry>();
    const next = numbers(7);
    for (let step = 0; step < 2_000; step += 1) {
      const entry = entryOf(next(40), next);
      if (next(4) === 0) {
        index.remove('o', entry.id);
        known.delete(entry.id);
      } else {
        index.put('o', entry);
        known.set(entry.id, entry);
      }
      // Some lists are asked for often, others so rarely that they are made anew.
      const filter = FILTERS[next(step % 100 < 50 ? 3 : FILTERS.length)] ?? {};
      const { entries, total } = index.page('o', newestFirst(filter));
      expect(entries).toEqual(expected(known.values(), filter));
      expect(total).toBe(entries.length);
      expect(index.newestFirst('o')).toEqual(expected(known.values(), {}));
      expect(index.newestFirst('o', { pinned: false, disposable: true })).toEqual(
        expected(known.values(), { pinned: false }).filter(({ disposable }) => disposable),
      );
      const counts = TAGS.map((tag) => ({
        tag,
        count: [...known.values()].filter(({ tags }) => tags.includes(tag)).length,
      }));
      const used = counts.filter(({ count }) => count > 0);
      // In UTF-8, U+FFFD comes before what UTF-16 writes with two units.
      expect(index.tags('o')).toEqual(used.sort(byBytes));
    }
  });
});

function byBytes(a: { tag: string }, b: { tag: string }): number {
  return (a.tag.codePointAt(0) ?? 0) - (b.tag.codePointAt(0) ?? 0);
}
