import type { TagCount } from '../../domain/conversation.js';
import type { IndexEntry } from './conversation-index.js';
import { SortedList, type EntryFilter } from './sorted-list.js';

/** How many lists are kept in order; each change of a conversation is a change of each of them. */
const MOST_LISTS = 8;

/** The summaries of one owner. Lists and tags are made when they are first asked for. */
export class OwnerIndex {
  readonly entries = new Map<string, IndexEntry>();
  /** By filter and order; the one that was used least recently comes first. */
  private readonly lists = new Map<string, SortedList>();
  private tagCounts: Map<string, number> | null = null;

  put(entry: IndexEntry): void {
    const known = this.entries.get(entry.id);
    this.entries.set(entry.id, entry);
    this.replace(known, entry);
  }

  remove(id: string): void {
    const known = this.entries.get(id);
    this.entries.delete(id);
    this.replace(known, undefined);
  }

  list(filter: EntryFilter): SortedList {
    const { archived, pinned, tag, sort, order, disposable } = filter;
    const name = JSON.stringify([archived, pinned, tag, sort, order, disposable]);
    const list = this.lists.get(name) ?? new SortedList(filter, this.entries.values());
    this.lists.delete(name);
    this.lists.set(name, list);
    const [oldest] = this.lists.keys();
    if (this.lists.size > MOST_LISTS && oldest !== undefined) this.lists.delete(oldest);
    return list;
  }

  /** By tag, in the order of their UTF-8 bytes. */
  tags(): TagCount[] {
    const tags = [...this.countedTags()].map(([tag, count]) => ({ tag, count }));
    return tags.sort((a, b) => Buffer.compare(Buffer.from(a.tag), Buffer.from(b.tag)));
  }

  private replace(before: IndexEntry | undefined, after: IndexEntry | undefined): void {
    for (const list of this.lists.values()) list.replace(before, after);
    if (!this.tagCounts) return;
    count(this.tagCounts, before, -1);
    count(this.tagCounts, after, 1);
  }

  private countedTags(): Map<string, number> {
    if (this.tagCounts) return this.tagCounts;
    const counts = new Map<string, number>();
    for (const entry of this.entries.values()) count(counts, entry, 1);
    this.tagCounts = counts;
    return counts;
  }
}

function count(counts: Map<string, number>, entry: IndexEntry | undefined, by: 1 | -1): void {
  for (const tag of entry?.tags ?? []) {
    const sum = (counts.get(tag) ?? 0) + by;
    if (sum > 0) counts.set(tag, sum);
    else counts.delete(tag);
  }
}
