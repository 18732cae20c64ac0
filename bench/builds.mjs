import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { compileBook } from './subjects/compile-book.mjs';

const HERE = import.meta.dirname;
export const RESULTS = join(HERE, 'results');
const BUILDS = join(RESULTS, 'builds');

/**
 * Takes copies of what is measured, so that a build that runs meanwhile changes nothing. They lie in
 * the repository, from where they find its dependencies.
 *
 * @param {{ name: string, entry: string }[]} also builds by their folder
 * @returns {import('./subjects/subjects.mjs').Builds}
 */
export function takeBuilds(also) {
  const folder = join(BUILDS, String(process.pid));
  mkdirSync(folder, { recursive: true });
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  compileBook(join(HERE, 'by-the-book'), join(folder, 'book'));
  const ours = [{ name: 'ours', entry: resolve(HERE, '../dist') }, ...also];
  return {
    raw: join(HERE, 'subjects/raw-node.mjs'),
    book: join(folder, 'book/main.js'),
    ours: ours.map(({ name, entry }) => ({ name, entry: copyOf(entry, join(folder, name)) })),
  };
}

/** @param {string} from @param {string} to */
function copyOf(from, to) {
  const main = join('src', 'main.js');
  if (!existsSync(join(from, main)))
    throw new Error(`No build in ${from}: run npm run build first`);
  cpSync(from, to, { recursive: true });
  return join(to, main);
}
