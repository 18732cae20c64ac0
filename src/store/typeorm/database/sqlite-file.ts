import { dirname } from 'node:path';
import { makePrivate, makePrivateFile, makePrivateFolder } from '../../../common/private-files.js';

/** What SQLite keeps beside a database: committed changes, and an index of them in shared memory. */
export const COMPANIONS = ['-wal', '-shm'] as const;

/**
 * Makes the database's file, and its folder, for this user alone; what SQLite makes beside it gets
 * the same rights. Files that an earlier release left open to everybody are closed.
 */
export function preparePrivately(file: string): void {
  makePrivateFolder(dirname(file));
  makePrivateFile(file);
  for (const path of [file, ...COMPANIONS.map((ending) => file + ending)]) makePrivate(path);
}
