import type { Dirent } from 'node:fs';
import { chmod, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isOpenToOthers, PRIVATE_FILE, PRIVATE_FOLDER } from '../../common/private-files.js';
import type { Layout } from './layout.js';

/**
 * Removes the permissions of other users from files that an earlier release made readable for all
 * users. If the folder itself is private, the files in it cannot be reached and are not checked
 * again. A folder that other programs use too stays readable; the store's own files in it are made
 * private.
 */
export async function restrictPermissions(layout: Layout): Promise<void> {
  const { folder } = layout;
  if (((await lstat(folder)).mode & 0o007) === 0) return;
  const entries = await readdir(folder, { withFileTypes: true });
  const ours = entries.filter((entry) => isOurs(layout, entry));
  for (const entry of ours) await closeAll(join(folder, entry.name), entry);
  if (ours.length === entries.length) await close(folder, PRIVATE_FOLDER);
}

function isOurs(layout: Layout, entry: Dirent): boolean {
  const path = join(layout.folder, entry.name);
  const { owners, generations, images, changes, usage, deletedChats, quarantine } = layout;
  const folders = [owners, generations, images, changes, usage, deletedChats, quarantine];
  if (entry.isDirectory()) return folders.includes(path);
  const records = [layout.lock, layout.facts, layout.keys, layout.keyUses];
  return layout.isRecord(path) || records.includes(path) || layout.owns(path);
}

async function closeAll(path: string, entry: Dirent): Promise<void> {
  if (!entry.isDirectory()) {
    if (entry.isFile()) await close(path, PRIVATE_FILE);
    return;
  }
  await close(path, PRIVATE_FOLDER);
  for (const inner of await readdir(path, { withFileTypes: true }))
    await closeAll(join(path, inner.name), inner);
}

/** File systems without permissions refuse: the permissions stay as they are. */
async function close(path: string, mode: number): Promise<void> {
  if (isOpenToOthers(await lstat(path))) await chmod(path, mode).catch(() => undefined);
}
