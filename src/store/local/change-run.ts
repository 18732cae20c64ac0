import type { Change } from '../../domain/change.js';
import type { FeedEntry } from '../change-feed.js';
import { cursorOf, markOf, type ChangeMark } from '../rules/cursor.js';

/** A change with an id of its own. */
export interface RecordedChange extends Change {
  readonly id: string;
}

/** What is read of a run: changes numbered above `after`, up to `through`. */
export interface RunWindow {
  after: number;
  through?: number;
  limit: number;
  /** Null: of all owners. */
  ownerId: string | null;
}

/** Changes with numbers one after another. */
export class ChangeRun {
  constructor(
    /** What is before the first one. */
    private first: ChangeMark,
    private changes: RecordedChange[] = [],
  ) {}

  get before(): ChangeMark {
    return this.first;
  }

  get end(): ChangeMark {
    return this.markAt(this.first.number + this.changes.length) ?? this.first;
  }

  get length(): number {
    return this.changes.length;
  }

  get oldestTime(): number | null {
    return this.changes[0]?.time ?? null;
  }

  push(change: RecordedChange): void {
    this.changes.push(change);
  }

  /** Null where it has no change of this number. */
  markAt(number: number): ChangeMark | null {
    if (number === this.first.number) return this.first;
    const change = this.changes[number - this.first.number - 1];
    return change ? markOf(number, change.id) : null;
  }

  *from(number: number): Generator<RecordedChange> {
    for (let at = number - this.first.number; at < this.changes.length; at += 1) {
      const change = this.changes[at];
      if (change) yield change;
    }
  }

  read({ after, through = Infinity, limit, ownerId }: RunWindow): FeedEntry[] {
    const entries: FeedEntry[] = [];
    let number = after;
    for (const change of this.from(after)) {
      number += 1;
      if (number > through || entries.length >= limit) break;
      if (ownerId === null || change.ownerId === ownerId) entries.push(entryOf(number, change));
    }
    return entries;
  }

  /** How many of the first ones are from before a time. */
  countBefore(time: number): number {
    const kept = this.changes.findIndex((change) => change.time >= time);
    return kept === -1 ? this.changes.length : kept;
  }

  /** The run without its first `count` changes. */
  without(count: number): ChangeRun {
    const before = this.markAt(this.first.number + count) ?? this.end;
    return new ChangeRun(before, this.changes.slice(count));
  }
}

function entryOf(number: number, { id, ...change }: RecordedChange): FeedEntry {
  return { ...change, cursor: cursorOf(markOf(number, id)) };
}
