import { ChangeFeed, type FeedEntry } from '../../change-feed.js';
import type { ChangeRun, RecordedChange } from '../../local/change-run.js';
import { cursorOf, isSameMark, markOf, parseCursor, type ChangeMark } from '../../rules/cursor.js';
import type { NewOutbox, Outbox } from './outbox.js';
import { missingIn } from './recovery.js';
import type { Deletion, Line } from './segment-codec.js';
import { follows, type Segment, type Segments } from './segments.js';

const ignore = (): void => undefined;

/** Changes that may be on the disk only in the files that were written with them. */
const MOST_UNSYNCED = 100;

/**
 * The feed of a folder. A change is on the disk with what it is the change of, in the outbox of the same
 * file; it gets its number when it is added to the feed's own files, which are synced later.
 */
export class FileChangeFeed extends ChangeFeed {
  /** Not in the feed's files yet. */
  private queue: Line[] = [];
  /** These too, and those that may not be on the disk there. */
  private unsynced: RecordedChange[] = [];
  private synced: ChangeMark = markOf(0, '');
  private work: Promise<unknown> = Promise.resolve();
  private isSyncing = false;
  private oldestTime: number | null = null;

  constructor(private readonly segments: Segments) {
    super();
  }

  /** Adds what the outboxes of the last process have and the feed does not. */
  async recover(outboxes: readonly Outbox[]): Promise<void> {
    const missing = await missingIn(outboxes, this.segments);
    this.queue = missing.map((change) => ({ change }));
    this.unsynced = [...missing];
    this.oldestTime = null;
    await this.sync();
  }

  /** What is to stand in the file of a conversation or generation that is written with these changes. */
  outbox(ownerId: string, conversationId: string, added: readonly RecordedChange[]): NewOutbox {
    const before = this.unsynced.filter(
      (change) => change.conversationId === conversationId && change.ownerId === ownerId,
    );
    return { behind: this.synced, changes: [...before, ...added], added };
  }

  /**
   * Adds the changes of an outbox once it is written. They come into the feed's files with the next reader
   * or the next sync, many at once: a turn does not wait for them, and does not compete with them.
   */
  add({ added }: NewOutbox): void {
    for (const change of added) this.push(change);
    if (this.unsynced.length < MOST_UNSYNCED || this.isSyncing) return;
    this.isSyncing = true;
    void this.sync()
      .catch(ignore)
      .finally(() => (this.isSyncing = false));
  }

  /** What is added is on the disk when this returns. */
  async sync(): Promise<void> {
    await this.inOrder(() => this.syncAll());
  }

  /** The deletions that a process which died left undecided. */
  get deletions(): readonly Deletion[] {
    return this.segments.deletions;
  }

  /** Call it before the file is removed: after a crash in between, the next start removes it. */
  async prepareDeletion(change: RecordedChange, stamp: string): Promise<Deletion> {
    const deleting = { change, stamp };
    try {
      await this.inOrder(async () => {
        await this.writeAll();
        await this.segments.append([{ deleting }]);
        await this.syncAll();
      });
    } catch (error) {
      this.giveUp(deleting);
      throw error;
    }
    return deleting;
  }

  completeDeletion({ change }: Deletion): void {
    this.push(change);
  }

  giveUp({ change: { id } }: Deletion): void {
    this.queue.push({ kept: id });
    void this.write().catch(ignore);
  }

  async end(): Promise<string> {
    if (this.queue.length > 0) await this.write();
    return cursorOf(this.segments.end);
  }

  async after(
    cursor: string,
    limit: number,
    ownerId: string | null,
  ): Promise<FeedEntry[] | 'lost'> {
    if (this.queue.length > 0) await this.write();
    const mark = parseCursor(cursor);
    const { end, list } = this.segments;
    if (!mark || mark.number > end.number) return 'lost';
    if (mark.number === end.number) return isSameMark(mark, end) ? [] : 'lost';
    const first = list.findLastIndex(({ before }) => before.number <= mark.number);
    if (first === -1) return 'lost';
    return this.readFrom(list.slice(first), mark, limit, ownerId);
  }

  /** Empties the changes of an owner: their numbers and ids stay, which cursors of all readers name. */
  async forget(ownerId: string): Promise<void> {
    await this.inOrder(async () => {
      await this.syncAll();
      await this.segments.rewrite((change) =>
        change.ownerId === ownerId
          ? { ...change, ownerId: '', conversationId: '', event: { type: 'conversation.deleted' } }
          : change,
      );
    });
  }

  async sweep(before: number): Promise<void> {
    await this.inOrder(async () => {
      await this.writeAll();
      if (this.oldestTime !== null && this.oldestTime >= before) return;
      while (await this.sweepFirst(before));
    });
  }

  private push(change: RecordedChange): void {
    this.queue.push({ change });
    this.unsynced.push(change);
  }

  private write(): Promise<void> {
    return this.inOrder(() => this.writeAll());
  }

  private async writeAll(): Promise<void> {
    while (this.queue.length > 0) {
      const lines = [...this.queue];
      await this.segments.append(lines);
      this.queue = this.queue.slice(lines.length);
    }
  }

  private async syncAll(): Promise<void> {
    await this.writeAll();
    const { end } = this.segments;
    const { length } = this.unsynced;
    await this.segments.sync();
    this.synced = end;
    this.unsynced = this.unsynced.slice(length);
  }

  private async readFrom(
    segments: readonly Segment[],
    from: ChangeMark,
    limit: number,
    ownerId: string | null,
  ): Promise<FeedEntry[] | 'lost'> {
    const entries: FeedEntry[] = [];
    let run: ChangeRun | null = null;
    for (const [at, segment] of segments.entries()) {
      if (run && !follows(segment, run)) return 'lost';
      run = await this.segments.read(segment);
      if (!run || (at === 0 && !isSameMark(from, run.markAt(from.number)))) return 'lost';
      const after = Math.max(from.number, segment.before.number);
      const through = segments[at + 1]?.before.number ?? Infinity;
      const wanted = limit - entries.length;
      entries.push(...run.read({ after, through, limit: wanted, ownerId }));
      if (entries.length >= limit) break;
    }
    return entries;
  }

  /** Whether the next segment may have old changes too. */
  private async sweepFirst(before: number): Promise<boolean> {
    const [first, next] = this.segments.list;
    if (!first) return false;
    const run = await this.segments.read(first);
    const length = next ? next.before.number - first.before.number : (run?.length ?? 0);
    const count = Math.min(length, run?.countBefore(before) ?? length);
    if (next && count === length) {
      await this.segments.removeFirst();
      return true;
    }
    if (run && count > 0) await this.segments.shortenFirst(run, count);
    const left = await this.segments.read(this.segments.list[0] ?? first);
    this.oldestTime = left?.oldestTime ?? null;
    return false;
  }

  private inOrder<T>(task: () => Promise<T>): Promise<T> {
    const done = this.work.then(task, task);
    this.work = done.catch(() => undefined);
    return done;
  }
}
