import { statSync, type Stats } from 'node:fs';
import { statfs, stat } from 'node:fs/promises';

/** Minimum of free bytes; a message with its answer needs a part of it. */
const LEAST_BYTES = 64 * 1024;

/**
 * Whether the disk of a path has room for further writes. A disk that does not report its size
 * counts as one with room.
 */
export async function hasRoom(path: string): Promise<boolean> {
  const { blocks, bavail, bsize } = await statfs(path);
  return blocks === 0 || bavail * bsize >= LEAST_BYTES;
}

/** The error for the log if a disk has no room. */
export class DiskFullError extends Error {
  override readonly name = 'DiskFullError';
  readonly code = 'ENOSPC';

  constructor() {
    super('The disk has no room left');
  }
}

/** The file at a path, compared with the one that was there before. */
export type PathState = 'same' | 'missing' | 'replaced';

/** Identifies a file or folder by its device and inode number, not by its name. */
export class FileIdentity {
  private own: Pick<Stats, 'dev' | 'ino' | 'size'> | null = null;

  /** @param mayBeEmptied a file that may be emptied while it is in use */
  constructor(
    private readonly path: string,
    private readonly mayBeEmptied = true,
  ) {}

  get isKnown(): boolean {
    return this.own !== null;
  }

  /**
   * Remembers the file that is there now. False if there is none; then the former one stays
   * remembered.
   */
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

  /** The same for a disk that may be slow. */
  async lookAsync(): Promise<PathState> {
    return this.own ? this.compare(await stat(this.path).catch(() => undefined)) : 'same';
  }

  private compare(stats: Stats | undefined): PathState {
    if (!stats) return 'missing';
    if (stats.dev !== this.own?.dev || stats.ino !== this.own.ino) return 'replaced';
    // Another program may be writing over it, from its beginning on.
    return !this.mayBeEmptied && stats.size === 0 && this.own.size > 0 ? 'replaced' : 'same';
  }
}

/** Null, too, if the path is not accessible. */
function found(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
