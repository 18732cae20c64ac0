import { statSync, type Stats } from 'node:fs';
import { statfs, stat } from 'node:fs/promises';

/** Less than this cannot be relied on: a question with its answer takes some of it. */
const LEAST_BYTES = 64 * 1024;

/**
 * Whether the disk that a path lies on has room for what is written next. A disk that does not say
 * how large it is counts as one with room.
 */
export async function hasRoom(path: string): Promise<boolean> {
  const { blocks, bavail, bsize } = await statfs(path);
  return blocks === 0 || bavail * bsize >= LEAST_BYTES;
}

/** Stands in the log for a disk without room. */
export class DiskFullError extends Error {
  override readonly name = 'DiskFullError';
  readonly code = 'ENOSPC';

  constructor() {
    super('The disk has no room left');
  }
}

/** What a path leads to, seen from what it led to before. */
export type PathState = 'same' | 'gone' | 'replaced';

/** Knows a file or folder again: by its device and its number there, not by its name. */
export class FileIdentity {
  private own: Pick<Stats, 'dev' | 'ino' | 'size'> | null = null;

  /** @param mayBeEmptied a file whose content may go while it is in use */
  constructor(
    private readonly path: string,
    private readonly mayBeEmptied = true,
  ) {}

  get isKnown(): boolean {
    return this.own !== null;
  }

  /** What is there now is the one. False, and the former one stays known, where nothing is. */
  remember(): boolean {
    const stats = found(this.path);
    if (stats) this.own = { dev: stats.dev, ino: stats.ino, size: stats.size };
    return stats !== undefined;
  }

  forget(): void {
    this.own = null;
  }

  /** A system call of some microseconds on a local disk; `same` while nothing was remembered. */
  look(): PathState {
    return this.own ? this.compare(found(this.path)) : 'same';
  }

  /** The same for a disk that may take its time. */
  async lookAsync(): Promise<PathState> {
    return this.own ? this.compare(await stat(this.path).catch(() => undefined)) : 'same';
  }

  private compare(stats: Stats | undefined): PathState {
    if (!stats) return 'gone';
    if (stats.dev !== this.own?.dev || stats.ino !== this.own.ino) return 'replaced';
    // Another program may be writing over it, from its beginning on.
    return !this.mayBeEmptied && stats.size === 0 && this.own.size > 0 ? 'replaced' : 'same';
  }
}

/** Nothing, too, where the way to it is closed. */
function found(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
