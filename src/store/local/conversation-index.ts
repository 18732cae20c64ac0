import type { ConversationSummary } from '../../domain/conversation.js';

/** A summary as it is kept; which generation runs in it is known elsewhere. */
export type IndexEntry = Omit<ConversationSummary, 'activeGenerationId'>;

interface OwnerIndex {
  entries: Map<string, IndexEntry>;
  /** Newest first; null after a change, until somebody asks. */
  sorted: IndexEntry[] | null;
}

/** The summaries of all owners in memory: what lists are answered from, without reading a message. */
export class ConversationIndex {
  private readonly owners = new Map<string, OwnerIndex>();

  get(ownerId: string, id: string): IndexEntry | undefined {
    return this.owners.get(ownerId)?.entries.get(id);
  }

  put(ownerId: string, entry: IndexEntry): void {
    const owner = this.owners.get(ownerId) ?? { entries: new Map(), sorted: null };
    owner.entries.set(entry.id, entry);
    owner.sorted = null;
    this.owners.set(ownerId, owner);
  }

  remove(ownerId: string, id: string): void {
    const owner = this.owners.get(ownerId);
    if (!owner?.entries.delete(id)) return;
    owner.sorted = null;
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
  return b.updatedAt - a.updatedAt || (a.id < b.id ? -1 : 1);
}
