import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Paths of the modules that a process loaded, as `loaded-modules.mjs` noted them. Of a file of the build
 * that is made of several modules, these.
 */
export function loadedFiles(list: string): string[] {
  const names = readFileSync(list, 'utf8').split('\n');
  return names.flatMap((name) => {
    const file = name.startsWith('file:') ? fileURLToPath(name) : name;
    const map = `${file}.map`;
    if (!existsSync(map) || file.includes('node_modules')) return file;
    const { sources } = JSON.parse(readFileSync(map, 'utf8')) as { sources: string[] };
    return sources.map((source) => resolve(dirname(file), source));
  });
}
