import { chmodSync, closeSync, mkdirSync, openSync, statSync, type Stats } from 'node:fs';

/** Modes of a file and of a folder that only the service's own user may open. */
export const PRIVATE_FILE = 0o600;
export const PRIVATE_FOLDER = 0o700;

const OTHERS = 0o007;

/** Makes a folder, and those above it, for this user alone; leaves one that is there as it is. */
export function makePrivateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: PRIVATE_FOLDER });
}

/** Makes an empty file for this user alone; one that is there is not even opened. */
export function makePrivateFile(path: string): void {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile())
    closeSync(openSync(path, 'a', PRIVATE_FILE));
}

/**
 * Whether all users of this host may open this user's file, as in earlier releases. Access of a
 * group is accepted. Windows has no such permissions.
 */
export function isOpenToOthers({ mode, uid }: Stats): boolean {
  return process.getuid?.() === uid && (mode & OTHERS) !== 0;
}

/**
 * Makes a file private if all users could open it. Does nothing if the file does not exist, or the
 * file system has no permissions.
 */
export function makePrivate(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats?.isFile() || !isOpenToOthers(stats)) return;
  try {
    chmodSync(path, PRIVATE_FILE);
  } catch {
    // The permissions stay as they are.
  }
}
