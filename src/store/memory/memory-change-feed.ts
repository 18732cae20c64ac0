import { randomUUID } from 'node:crypto';
import { ChangeFeed, type FeedEntry } from '../change-feed.js';
import { ChangeRun, type RecordedChange } from '../local/change-run.js';
import { cursorOf, isSameMark, markOf, parseCursor } from '../rules/cursor.js';

/** So that they take no more than some megabytes; a reader that is further behind loads its list again. */
const MOST_CHANGES = 20_000;

/** The changes in a list, from the start of the process on. */
export class MemoryChangeFeed extends ChangeFeed {
  private run = new ChangeRun(markOf(0, randomUUID()));

  add(changes: readonly RecordedChange[]): void {
    for (const change of changes) this.run.push(change);
    if (this.run.length > MOST_CHANGES) this.run = this.run.without(MOST_CHANGES / 2);
  }

  async end(): Promise<string> {
    return cursorOf(this.run.end);
  }

  async after(
    cursor: string,
    limit: number,
    ownerId: string | null,
  ): Promise<FeedEntry[] | 'lost'> {
    const mark = parseCursor(cursor);
    if (!mark || !isSameMark(mark, this.run.markAt(mark.number))) return 'lost';
    return this.run.read({ after: mark.number, limit, ownerId });
  }

  async sweep(before: number): Promise<void> {
    const count = this.run.countBefore(before);
    if (count > 0) this.run = this.run.without(count);
  }
}
