import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PRIVATE_FILE } from '../../common/private-files.js';
import { stampOf } from './file-reads.js';
import { bytesOf, type Content } from './rewrite.js';

/** Ending of temporary files; after a crash they can be removed. */
export const TEMPORARY = '.tmp';

/** Maximum of unsynced bytes: other files that are synced meanwhile wait for them too. */
const MOST_UNSYNCED = 8 * 1024 * 1024;

/** A folder to sync; null on systems that cannot sync folders (Windows). */
export async function openFolder(path: string): Promise<FileHandle | null> {
  return process.platform === 'win32' ? null : open(path, 'r');
}

export interface ReplaceOptions {
  durable: boolean;
  /**
   * Called again before the step that other processes can see, since this process may have been
   * suspended.
   */
  guard: () => Promise<void>;
}

/** Replaces the content of the file in one step; returns the new stamp. */
export async function replaceFile(
  path: string,
  content: Content,
  { durable, guard }: ReplaceOptions,
): Promise<string> {
  const temporary = `${path}.${randomUUID()}${TEMPORARY}`;
  try {
    const stamp = await writeNew(temporary, bytesIn(content, path), durable);
    await renameDurably(temporary, path, { durable, guard });
    return stamp;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

function bytesIn(
  content: Content,
  path: string,
): Iterable<string | Buffer> | AsyncIterable<Buffer> {
  if (typeof content === 'string') return [content];
  return 'pieces' in content ? content.pieces() : bytesOf(path, content);
}

/** Writes all bytes from an offset on; bytes of a failed try are overwritten. */
export async function overwrite(
  path: string,
  offset: number,
  bytes: Buffer,
  guard: () => Promise<void>,
): Promise<number> {
  const handle = await open(path, constants.O_RDWR | constants.O_CREAT, PRIVATE_FILE);
  try {
    await guard();
    for (let done = 0; done < bytes.length;) {
      const rest = bytes.length - done;
      done += (await handle.write(bytes, done, rest, offset + done)).bytesWritten;
    }
    return bytes.length;
  } finally {
    await handle.close();
  }
}

async function writeNew(
  path: string,
  content: Iterable<string | Buffer> | AsyncIterable<Buffer>,
  durable: boolean,
): Promise<string> {
  const handle = await open(path, 'wx', PRIVATE_FILE);
  try {
    let unsynced = 0;
    for await (const piece of content) {
      // Repeats until all is written: on a full disk a single `write` may write a part without an
      // error.
      await handle.writeFile(piece);
      unsynced += piece.length;
      if (!durable || unsynced < MOST_UNSYNCED) continue;
      await handle.datasync();
      unsynced = 0;
    }
    if (durable) await handle.sync();
    return stampOf(await handle.stat());
  } finally {
    await handle.close();
  }
}

/**
 * Opens the folder before it renames: a lack of file handles must be detected before the change.
 */
async function renameDurably(
  from: string,
  to: string,
  { durable, guard }: ReplaceOptions,
): Promise<void> {
  const folder = durable ? await openFolder(dirname(to)) : null;
  try {
    await guard();
    await renameOver(from, to);
    await folder?.sync();
  } finally {
    await folder?.close();
  }
}

/** Windows refuses to rename over a file that another process reads. */
async function renameOver(from: string, to: string): Promise<void> {
  for (const wait of process.platform === 'win32' ? [20, 60, 180] : []) {
    const done = await rename(from, to).then(
      () => true,
      () => false,
    );
    if (done) return;
    await delay(wait);
  }
  await rename(from, to);
}
