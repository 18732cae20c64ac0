import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PRIVATE_FILE } from '../../common/private-files.js';
import { stampOf } from './file-reads.js';
import { bytesOf, type Rewrite } from './rewrite.js';

/** Ending of files that are being written: what a crash leaves of them is rubbish. */
export const TEMPORARY = '.tmp';

/** Bytes that may wait for the disk: others that sync a file meanwhile wait for them too. */
const MOST_UNSYNCED = 8 * 1024 * 1024;

/** A folder to be synced; null where the system has no such thing (Windows). */
export async function openFolder(path: string): Promise<FileHandle | null> {
  return process.platform === 'win32' ? null : open(path, 'r');
}

export interface ReplaceOptions {
  durable: boolean;
  /** Asked once more before the one step that others see: a process may be stopped for long. */
  guard: () => Promise<void>;
}

/** Puts other content in the place of what the file holds, in one step; returns the new stamp. */
export async function replaceFile(
  path: string,
  content: string | Rewrite,
  { durable, guard }: ReplaceOptions,
): Promise<string> {
  const temporary = `${path}.${randomUUID()}${TEMPORARY}`;
  try {
    const bytes = typeof content === 'string' ? [content] : bytesOf(path, content);
    const stamp = await writeNew(temporary, bytes, durable);
    await renameDurably(temporary, path, { durable, guard });
    return stamp;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Writes all bytes from an offset on; what a failed try left there is written over. */
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
  content: Iterable<string> | AsyncIterable<Buffer>,
  durable: boolean,
): Promise<string> {
  const handle = await open(path, 'wx', PRIVATE_FILE);
  try {
    let unsynced = 0;
    for await (const piece of content) {
      // Goes on until all is written: a single `write` on a full disk takes a part and says nothing.
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

/** Opens the folder before it renames: running out of handles must come before the change. */
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

/** Windows refuses to rename over a file that somebody reads just now. */
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
