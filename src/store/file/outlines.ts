import type { Disk } from './disk.js';
import { isOneBranch } from '../rules/tree.js';
import type { Outline } from './outline.js';
import { readOutline } from './read-outline.js';

/** Maximum of message positions in memory, over all conversations: about 10 MiB. */
const MOST_PLACES = 100_000;
/** Additional size of an outline, in positions. */
const OUTLINE = 10;

/** Size of a branched one, which may have its tree: so many times that of another. */
const BRANCHED = 3;

function weightOf(outline: Outline | undefined): number {
  if (!outline) return 0;
  const { heading, places } = outline;
  return OUTLINE + places.length * (isOneBranch(heading) ? 1 : BRANCHED);
}

/** The outlines of the most recently used files; concurrent requests share one read. */
export class Outlines {
  /** By path; the least recently used comes first. */
  private readonly known = new Map<string, Outline>();
  private weight = 0;
  /** By path: reads and writes in progress, which will have the outline. */
  private readonly pending = new Map<string, Promise<unknown>>();

  constructor(private readonly disk: Disk) {}

  /** The outline of the file as it is now; null when there is none. Throws as `readOutline` does. */
  async current(path: string): Promise<Outline | null> {
    for (;;) {
      const before = this.known.get(path);
      const stamp = await this.disk.stamp(path);
      const known = this.known.get(path);
      if (known && known.stamp === stamp) return this.touched(path, known);
      const pending = this.pending.get(path);
      if (pending) await pending.catch(() => undefined);
      else if (known === before) return this.renew(path, () => readOutline(this.disk, path));
    }
  }

  /** The last known outline, without checking the file. */
  last(path: string): Outline | undefined {
    return this.known.get(path);
  }

  /** Runs a read or write of a file, and caches the resulting outline. */
  async renew<T extends Outline | null>(path: string, task: () => Promise<T>): Promise<T> {
    const running = task();
    this.pending.set(path, running);
    try {
      const outline = await running;
      this.forget(path);
      if (outline) this.remember(path, outline);
      return outline;
    } finally {
      if (this.pending.get(path) === running) this.pending.delete(path);
    }
  }

  forget(path: string): void {
    this.weight -= weightOf(this.known.get(path));
    this.known.delete(path);
  }

  private touched(path: string, outline: Outline): Outline {
    this.known.delete(path);
    this.known.set(path, outline);
    return outline;
  }

  /** The newest one stays in any case. */
  private remember(path: string, outline: Outline): void {
    this.known.set(path, outline);
    this.weight += weightOf(outline);
    for (const oldest of this.known.keys()) {
      if (this.weight <= MOST_PLACES || oldest === path) return;
      this.forget(oldest);
    }
  }
}
