import type { ConversationSummary, TagCount } from '../../domain/conversation.js';
import type { ListRequest } from '../conversation-store.js';
import { OwnerIndex } from './owner-index.js';
import type { EntryFilter, SortedList } from './sorted-list.js';

/** A summary without its running generation, which `GenerationTable` has. */
export type IndexEntry = Readonly<Omit<ConversationSummary, 'activeGenerationId'>>;

const NEWEST_FIRST: EntryFilter = {
  archived: null,
  pinned: null,
  tag: null,
  sort: 'updatedAt',
  order: 'desc',
};

/** The summaries of all owners in memory: lists are served from them, without reading messages. */
export class ConversationIndex {
  private readonly owners = new Map<string, OwnerIndex>();

  get(ownerId: string, id: string): IndexEntry | undefined {
    return this.owners.get(ownerId)?.entries.get(id);
  }

  put(ownerId: string, entry: IndexEntry): void {
    let owner = this.owners.get(ownerId);
    if (!owner) this.owners.set(ownerId, (owner = new OwnerIndex()));
    owner.put(entry);
  }

  remove(ownerId: string, id: string): void {
    const owner = this.owners.get(ownerId);
    owner?.remove(id);
    if (owner?.entries.size === 0) this.owners.delete(ownerId);
  }

  count(ownerId: string): number {
    return this.owners.get(ownerId)?.entries.size ?? 0;
  }

  countByOwner(): Map<string, number> {
    return new Map([...this.owners].map(([id, owner]) => [id, owner.entries.size]));
  }

  idsOf(ownerId: string): Iterable<string> {
    return this.owners.get(ownerId)?.entries.keys() ?? [];
  }

  page(ownerId: string, request: ListRequest): { entries: readonly IndexEntry[]; total: number } {
    const list = this.owners.get(ownerId)?.list(request);
    if (!list) return { entries: [], total: 0 };
    const [from, to] = rangeOf(list, request);
    return { entries: list.entries.slice(from, to), total: list.entries.length };
  }

  /** By `updatedAt`, newest first, ties by id. The array is shared: read it only. */
  newestFirst(
    ownerId: string,
    filter: Pick<EntryFilter, 'pinned' | 'disposable'> = NEWEST_FIRST,
  ): readonly IndexEntry[] {
    return this.owners.get(ownerId)?.list({ ...NEWEST_FIRST, ...filter }).entries ?? [];
  }

  tags(ownerId: string): TagCount[] {
    return this.owners.get(ownerId)?.tags() ?? [];
  }
}

/** Where a page begins and ends in a list. */
function rangeOf(list: SortedList, { from, limit, until, order }: ListRequest): [number, number] {
  const { length } = list.entries;
  // A place without an id is before all others of its time.
  const newest = until === null || order === 'asc' ? 0 : list.indexOf({ time: until, id: '' });
  const end =
    until === null || order === 'desc' ? length : list.indexOf({ time: until + 1, id: '' });
  const begin =
    'after' in from ? Math.max(newest, list.indexBehind(from.after)) : newest + from.offset;
  return [begin, Math.max(begin, Math.min(begin + limit, end))];
}
