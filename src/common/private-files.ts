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
 * Whether everybody on this host may open what this user owns, as files of earlier releases were.
 * A group that was let in on purpose is no reason. Windows has no such rights.
 */
export function isOpenToOthers({ mode, uid }: Stats): boolean {
  return process.getuid?.() === uid && (mode & OTHERS) !== 0;
}

/**
 * Closes a file to all others where everybody could open it. Nothing happens where there is none, or
 * where the file system knows no rights.
 */
export function makePrivate(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats?.isFile() || !isOpenToOthers(stats)) return;
  try {
    chmodSync(path, PRIVATE_FILE);
  } catch {
    // It stays as its disk has it.
  }
}
