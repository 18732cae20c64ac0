import type { ConversationSummary } from '../../domain/conversation.js';

/** A summary without its running generation, which `GenerationTable` has. */
export type IndexEntry = Omit<ConversationSummary, 'activeGenerationId'>;

interface OwnerIndex {
  entries: Map<string, IndexEntry>;
  /** The entries, newest first; null until the first list. */
  sorted: IndexEntry[] | null;
}

/** The summaries of all owners in memory: lists are served from them, without reading messages. */
export class ConversationIndex {
  private readonly owners = new Map<string, OwnerIndex>();

  get(ownerId: string, id: string): IndexEntry | undefined {
    return this.owners.get(ownerId)?.entries.get(id);
  }

  put(ownerId: string, entry: IndexEntry): void {
    const fresh: OwnerIndex = { entries: new Map(), sorted: null };
    const owner = this.owners.get(ownerId) ?? fresh;
    const known = owner.entries.get(entry.id);
    owner.entries.set(entry.id, entry);
    this.owners.set(ownerId, owner);
    if (!owner.sorted) return;
    if (known) takeOut(owner.sorted, known);
    owner.sorted.splice(placeOf(owner.sorted, entry), 0, entry);
  }

  remove(ownerId: string, id: string): void {
    const owner = this.owners.get(ownerId);
    const known = owner?.entries.get(id);
    if (!owner || !known) return;
    owner.entries.delete(id);
    if (owner.sorted) takeOut(owner.sorted, known);
    if (owner.entries.size === 0) this.owners.delete(ownerId);
  }

  count(ownerId: string): number {
    return this.owners.get(ownerId)?.entries.size ?? 0;
  }

  countByOwner(): Map<string, number> {
    return new Map([...this.owners].map(([id, owner]) => [id, owner.entries.size]));
  }

  /** By `updatedAt`, newest first, ties by id. The array is shared: read it only. */
  newestFirst(ownerId: string): readonly IndexEntry[] {
    const owner = this.owners.get(ownerId);
    if (!owner) return [];
    owner.sorted ??= [...owner.entries.values()].sort(newerFirst);
    return owner.sorted;
  }
}

function newerFirst(a: IndexEntry, b: IndexEntry): number {
  return b.updatedAt - a.updatedAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/**
 * Position of an entry, by binary search: each turn changes one entry, and sorting a thousand
 * entries took a sixth of the time of an answer.
 */
function placeOf(sorted: readonly IndexEntry[], entry: IndexEntry): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const there = sorted[middle];
    if (there && newerFirst(there, entry) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function takeOut(sorted: IndexEntry[], entry: IndexEntry): void {
  const place = placeOf(sorted, entry);
  if (sorted[place]?.id === entry.id) sorted.splice(place, 1);
}
