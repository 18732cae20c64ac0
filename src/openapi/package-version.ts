import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Read at the start: the document may be asked for when no file can be opened. */
export const PACKAGE_VERSION = readVersion();

/** Version of the package that this file is part of, built or not. */
function readVersion(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  const file: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (typeof file !== 'object' || file === null || !('version' in file)) {
    throw new Error('package.json has no version');
  }
  return String(file.version);
}
