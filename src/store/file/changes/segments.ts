import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ChangeRun, type RecordedChange } from '../../local/change-run.js';
import { cursorOf, isSameMark, markOf, parseCursor, type ChangeMark } from '../../rules/cursor.js';
import type { Disk } from '../disk.js';
import { TEMPORARY } from '../file-writes.js';
import type { Layout } from '../layout.js';
import type { Quarantine } from '../quarantine.js';
import {
  apply,
  decodeSegment,
  encodeLine,
  HEADER,
  type Deletion,
  type Line,
  type SegmentContent,
} from './segment-codec.js';

/** Changes of a segment: about 300 KiB, which are read in a few milliseconds. */
const MOST_CHANGES = 1000;
const ENDING = '.ndjson';

/** A file with changes; its name is the cursor of the change before its first. */
export interface Segment {
  readonly before: ChangeMark;
  readonly path: string;
}

/**
 * The files of the feed, in a folder of their own: lines are added to the newest one, so that the oldest
 * ones can be removed. The newest one is in memory. Changes of it come one after the other; reads at any
 * time.
 */
export class Segments {
  /** Oldest first; replaced, never changed. */
  private all: readonly Segment[] = [];
  private newest: SegmentContent = decodeSegment(HEADER, markOf(0, randomUUID()));
  /** Bytes of complete lines in the newest one. */
  private size = 0;
  /** The last older one that was read. */
  private cached: { path: string; run: ChangeRun } | null = null;

  constructor(
    private readonly disk: Disk,
    private readonly layout: Layout,
    private readonly quarantine: Quarantine,
  ) {}

  get list(): readonly Segment[] {
    return this.all;
  }

  get end(): ChangeMark {
    return this.newest.run.end;
  }

  get deletions(): readonly Deletion[] {
    return [...this.newest.deletions.values()];
  }

  /** Begins a life of the feed if there is none, or none that can be read. */
  async load(): Promise<void> {
    this.cached = null;
    this.all = await this.found();
    const newest = this.all.at(-1);
    const read =
      newest &&
      (await this.quarantine.readSound(newest.path, (text) => ({
        text,
        content: decodeSegment(text, newest.before),
      })));
    if (!read) return this.beginLife();
    this.newest = read.content;
    this.size = Buffer.byteLength(read.text);
  }

  /** On failure none of the lines is there for readers; what is written of them is not read. */
  async append(lines: readonly Line[]): Promise<void> {
    const { run, isWhole } = this.newest;
    let { number } = this.end;
    const text = lines
      .map((line) => encodeLine(line, 'change' in line ? ++number : number))
      .join('');
    if (!isWhole || run.length >= MOST_CHANGES) await this.begin(text);
    else await this.write(text);
    for (const line of lines) apply(this.newest, line);
  }

  /** All lines so far are on the disk when this returns. */
  async sync(): Promise<void> {
    const newest = this.all.at(-1);
    if (newest) await this.disk.sync(newest.path);
  }

  /** The changes of a segment, up to the next one; null if it cannot be read (any more). */
  async read({ path, before }: Segment): Promise<ChangeRun | null> {
    if (path === this.all.at(-1)?.path) return this.newest.run;
    if (this.cached?.path === path) return this.cached.run;
    const content = await this.quarantine.readSound(path, (text) => decodeSegment(text, before));
    if (!content) return null;
    this.cached = { path, run: content.run };
    return content.run;
  }

  /** Removes the first segment, which is not the only one. */
  async removeFirst(): Promise<void> {
    const [first, ...rest] = this.all;
    if (!first) return;
    await this.disk.remove(first.path);
    this.all = rest;
  }

  /** Replaces the first segment by one without its first `count` changes. */
  async shortenFirst(run: ChangeRun, count: number): Promise<void> {
    const [first, ...rest] = this.all;
    if (!first) return;
    const left = run.without(count);
    const segment = this.segmentBehind(left.before);
    const isNewest = rest.length === 0;
    const content = this.textOf(left, isNewest ? this.newest.deletions : new Map());
    await this.disk.replace(segment.path, content, { durable: true });
    this.all = [segment, ...rest];
    if (isNewest) this.setNewest(left, content);
    // Where it stays behind, the next start finds that it ends where the new one begins.
    await this.disk.remove(first.path);
  }

  /** Replaces changes in all segments by others with the same ids. */
  async rewrite(replaced: (change: RecordedChange) => RecordedChange): Promise<void> {
    for (const segment of this.all) {
      const run = await this.read(segment);
      if (!run) continue;
      const isNewest = segment.path === this.all.at(-1)?.path;
      const changed = new ChangeRun(run.before, [...run.from(run.before.number)].map(replaced));
      const content = this.textOf(changed, isNewest ? this.newest.deletions : new Map());
      await this.disk.replace(segment.path, content, { durable: true });
      if (isNewest) this.setNewest(changed, content);
    }
    this.cached = null;
  }

  private async write(text: string): Promise<void> {
    const path = this.all.at(-1)?.path ?? '';
    try {
      this.size += await this.disk.writeAt(path, this.size, text);
    } catch (error) {
      this.newest.isWhole = false;
      throw error;
    }
  }

  /** A new segment, with the deletions that are not decided. */
  private async begin(text: string): Promise<void> {
    await this.sync();
    const run = new ChangeRun(this.end);
    const segment = this.segmentBehind(run.before);
    const content = this.textOf(run, this.newest.deletions);
    await this.disk.replace(segment.path, content + text, { durable: true });
    this.all = [...this.all.filter(({ path }) => path !== segment.path), segment];
    this.setNewest(run, content + text);
  }

  private async beginLife(): Promise<void> {
    for (const { path } of this.all) await this.disk.remove(path);
    const run = new ChangeRun(markOf(0, randomUUID()));
    const segment = this.segmentBehind(run.before);
    await this.disk.replace(segment.path, HEADER, { durable: true });
    this.all = [segment];
    this.newest.deletions.clear();
    this.setNewest(run, HEADER);
  }

  private setNewest(run: ChangeRun, text: string): void {
    this.newest = { run, deletions: this.newest.deletions, isWhole: true };
    this.size = Buffer.byteLength(text);
  }

  private textOf(run: ChangeRun, deletions: ReadonlyMap<string, Deletion>): string {
    let { number } = run.before;
    const open = [...deletions.values()].map((deleting) => encodeLine({ deleting }, number));
    const changes = [...run.from(number)].map((change) => encodeLine({ change }, ++number));
    return [HEADER, ...open, ...changes].join('');
  }

  private segmentBehind(before: ChangeMark): Segment {
    return { before, path: join(this.layout.changes, `${cursorOf(before)}${ENDING}`) };
  }

  private async found(): Promise<Segment[]> {
    const found: Segment[] = [];
    for (const { name } of await this.disk.list(this.layout.changes)) {
      const path = join(this.layout.changes, name);
      const before = name.endsWith(ENDING) ? parseCursor(name.slice(0, -ENDING.length)) : null;
      if (name.endsWith(TEMPORARY)) await this.disk.remove(path);
      else if (before) found.push({ before, path });
    }
    return found.sort((a, b) => a.before.number - b.before.number);
  }
}

/** Whether a segment follows the changes of the one before it. */
export function follows(next: Segment, run: ChangeRun): boolean {
  return isSameMark(next.before, run.markAt(next.before.number));
}
