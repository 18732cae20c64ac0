import { statfs } from 'node:fs/promises';

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
